import { statusOf } from './causes.ts';
import type { ScalingGroup } from './scaling-group.ts';
import { type DurationMs, type EpochMs, epochMs, instantWithin, later, milliseconds, seconds } from './time.ts';

/** Which of a group's resting places it asks for, first match wins (design: "A group"). */
export type GroupPhase = 'deleting' | 'paused' | 'converging' | 'waiting' | 'error' | 'active';

/** A generation that no pass has begun to carry out. */
export const isDivergent = ({ spec, progress }: ScalingGroup): boolean => spec.generation > progress.triedGeneration;

/** The phase that the group asks for. The actor follows it; it never decides it. */
export function phaseOf(group: ScalingGroup): GroupPhase {
  if (group.spec.deleting) return 'deleting';
  if (group.spec.paused || group.spec.suspended) return 'paused';
  if (isDivergent(group)) return 'converging';
  if (group.progress.recheckAt !== null) return 'waiting';
  return statusOf(group) === 'ERROR' ? 'error' : 'active';
}

/** No pass is put off for longer: a stored `recheckAt` further ahead was stored by a clock that was ahead. */
export const longestRecheck = seconds(600);

/** How far ahead the instant that `passAt` gives may be: a command is never in the future. */
const boundOf = (group: ScalingGroup): DurationMs => (isDivergent(group) ? milliseconds(0) : longestRecheck);

/** When the group's next pass is due; undefined = not before a command or a hint. */
export function nextPassAt(group: ScalingGroup, now: EpochMs): EpochMs | undefined {
  const at = passAt(group);
  return at === undefined ? undefined : instantWithin(at, now, boundOf(group));
}

/** When the next pass is due, as it is stored. */
function passAt(group: ScalingGroup): EpochMs | undefined {
  const phase = phaseOf(group);
  if (phase !== 'converging' && phase !== 'waiting' && phase !== 'deleting') return undefined;
  return isDivergent(group) ? group.spec.raisedAt : (group.progress.recheckAt ?? group.spec.raisedAt);
}

/**
 * When the group's next schedule occurs; undefined = it has none. Paused groups too: their occurrences are consumed. It may be years ahead,
 * so a clock that was ahead cannot be told from it: occurrences that such a clock consumed are not run again.
 */
export function nextScheduleAt(group: ScalingGroup): EpochMs | undefined {
  if (group.spec.deleting) return undefined;
  let earliest = Number.POSITIVE_INFINITY;
  for (const schedule of Object.values(group.schedules)) earliest = Math.min(earliest, schedule.nextAt);
  return earliest === Number.POSITIVE_INFINITY ? undefined : epochMs(earliest);
}

/**
 * The group's wake-up, which every store keeps with the group it follows from; undefined = none. `now`: the store's own clock, by which no
 * pass is put off for longer than `longestRecheck`, whatever clock the group was written by. A whole millisecond, rounded up: stores keep whole
 * numbers.
 */
export function dueAtOf(group: ScalingGroup, now: EpochMs): EpochMs | undefined {
  const stored = passAt(group);
  const pass = stored === undefined ? undefined : epochMs(Math.min(stored, later(now, boundOf(group))));
  const schedule = nextScheduleAt(group);
  const due = Math.min(pass ?? Number.POSITIVE_INFINITY, schedule ?? Number.POSITIVE_INFINITY);
  return due === Number.POSITIVE_INFINITY ? undefined : epochMs(Math.ceil(due));
}
