import { parseInstant } from '../model/instant.ts';
import type { PolicyDefinition } from '../model/policy.ts';
import type { EpochMs } from '../model/time.ts';
import { nextOccurrence } from './cron.ts';

/** When a newly made or changed policy runs first; undefined for a policy without schedule, or without any occurrence. */
export function firstOccurrence(definition: PolicyDefinition, now: EpochMs): EpochMs | undefined {
  if (definition.type !== 'schedule') return undefined;
  return 'cron' in definition.args ? nextOccurrence(definition.args.cron, now) : parseInstant(definition.args.at);
}

/** When a policy that has just run runs again: never for `at`; for `cron` after now, so that several missed runs are one. */
export function followingOccurrence(definition: PolicyDefinition, now: EpochMs): EpochMs | undefined {
  return definition.type === 'schedule' && 'cron' in definition.args ? nextOccurrence(definition.args.cron, now) : undefined;
}
