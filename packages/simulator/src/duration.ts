import { type DurationMs, milliseconds } from '@lutra/core';
import { z } from 'zod';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `10m`, `6h`, `250ms`, `1h30m`, or a number of seconds; undefined when it is none of these. */
export function parseDuration(value: string | number): DurationMs | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? milliseconds(Math.round(value * 1000)) : undefined;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(value)) return undefined;
  let sum = 0;
  for (const [, count = '', unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) sum += Number(count) * (units[unit] ?? 0);
  return milliseconds(Math.round(sum));
}

/** A span of time in a scenario or a fault rule. */
export const durationSchema = z
  .union([z.string(), z.number()])
  .meta({ title: 'duration' })
  .transform((value, context): DurationMs => {
    const duration = parseDuration(value);
    if (duration !== undefined) return duration;
    context.addIssue({ code: 'custom', message: 'expected a duration such as 90s, 10m, 6h or 1h30m, or a number of seconds' });
    return z.NEVER;
  });
