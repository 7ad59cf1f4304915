import { nearestNumber } from '../model/json.ts';
import type { Policy } from '../model/policy.ts';
import type { GroupWish } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';

/** Whether `cooldown` seconds have passed since `touchedAt`; exactly that long is long enough, never touched passes. */
const isOver = (touchedAt: EpochMs | null, cooldown: number, now: EpochMs): boolean =>
  touchedAt === null || now - touchedAt >= cooldown * 1000;

/** Whether the policy may run: its own cooldown and the group's are both over (spec/rest.md, section 10.1). */
export const cooldownsMet = (wish: GroupWish, policy: Policy, now: EpochMs): boolean =>
  isOver(policy.touchedAt, nearestNumber(policy.definition.cooldown), now) && isOver(wish.touchedAt, wish.configuration.cooldown, now);
