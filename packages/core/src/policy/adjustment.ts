import { nearestNumber } from '../model/json.ts';
import type { Adjustment } from '../model/policy.ts';

/** The bounds of desired capacity, servers. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Desired capacity kept within its bounds; the minimum wins should they ever cross. */
export const clamp = (desired: number, { min, max }: Bounds): number => Math.max(Math.min(desired, max), min);

/**
 * The desired capacity after a policy's adjustment, clamped (spec/rest.md, section 10.2). `current` is the stored desired capacity.
 * Exact for integers of any size: one that no double holds is beyond every bound, and so is the double nearest to it.
 */
export function adjust(current: number, adjustment: Adjustment, bounds: Bounds): number {
  if ('change' in adjustment) return clamp(current + nearestNumber(adjustment.change), bounds);
  if ('changePercent' in adjustment) return clamp(current + percentOf(current, nearestNumber(adjustment.changePercent)), bounds);
  return clamp(nearestNumber(adjustment.desiredCapacity), bounds);
}

/**
 * `percent` per cent of `count`, rounded away from zero to a whole number: on the exact value of the double, not in floating point
 * (0.1 as a double is a little above a tenth, so 0.1 % of 1000 is 2).
 */
export function percentOf(count: number, percent: number): number {
  const { numerator, denominator } = exactly(percent);
  const product = BigInt(count) * numerator;
  const divisor = denominator * 100n;
  const truncated = product / divisor;
  if (truncated * divisor === product) return Number(truncated);
  return Number(product > 0n ? truncated + 1n : truncated - 1n);
}

/** A finite double as a fraction: doubling a double is exact, and 1,074 doublings make any of them whole. */
function exactly(value: number): { readonly numerator: bigint; readonly denominator: bigint } {
  let scaled = value;
  let denominator = 1n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return { numerator: BigInt(scaled), denominator };
}
