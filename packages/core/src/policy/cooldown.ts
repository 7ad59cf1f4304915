import { nearestNumber } from '../model/json.ts';
import type { Policy } from '../model/policy.ts';
import type { GroupSpec } from '../model/scaling-group.ts';
import { type DurationMs, type EpochMs, elapsedSince, seconds } from '../model/time.ts';

/**
 * Whether the policy may run: its own cooldown and the group's are both over (spec/rest.md, section 10.1). Exactly as long as the cooldown
 * is long enough, and what was never touched passes. `maxClockSkew`: how far the clocks of hosts may differ.
 */
export function cooldownsMet(spec: GroupSpec, policy: Policy, now: EpochMs, maxClockSkew: DurationMs): boolean {
  const isOver = (touchedAt: EpochMs | null, cooldown: DurationMs): boolean =>
    touchedAt === null || elapsedSince(touchedAt, now, maxClockSkew) >= cooldown;
  const own = seconds(nearestNumber(policy.definition.cooldown));
  return isOver(policy.touchedAt, own) && isOver(spec.touchedAt, seconds(spec.configuration.cooldown));
}
