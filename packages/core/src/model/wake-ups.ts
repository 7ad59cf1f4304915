import { statusOf } from './causes.ts';
import type { GroupRows } from './scaling-group.ts';
import { type DurationMs, type EpochMs, epochMs, instantWithin, later, milliseconds, seconds } from './time.ts';

/** Which of a group's resting places its rows ask for, first match wins (design: "A group"). */
export type GroupPhase = 'deleting' | 'paused' | 'converging' | 'waiting' | 'error' | 'active';

/** A generation that no pass has begun to carry out. */
export const isDivergent = ({ spec, progress }: GroupRows): boolean => spec.generation > progress.triedGeneration;

/** The phase that the rows ask for. The actor follows it; it never decides it. */
export function phaseOf(rows: GroupRows): GroupPhase {
  if (rows.spec.deleting) return 'deleting';
  if (rows.spec.paused || rows.spec.suspended) return 'paused';
  if (isDivergent(rows)) return 'converging';
  if (rows.progress.recheckAt !== null) return 'waiting';
  return statusOf(rows) === 'ERROR' ? 'error' : 'active';
}

/** No pass is put off for longer: a stored `recheckAt` further ahead was stored by a clock that was ahead. */
export const longestRecheck = seconds(600);

/** How far ahead the instant that `passAt` gives may be: a command is never in the future. */
const boundOf = (rows: GroupRows): DurationMs => (isDivergent(rows) ? milliseconds(0) : longestRecheck);

/** When the group's next pass is due; undefined = not before a command or a hint. */
export function nextPassAt(rows: GroupRows, now: EpochMs): EpochMs | undefined {
  const at = passAt(rows);
  return at === undefined ? undefined : instantWithin(at, now, boundOf(rows));
}

/** When the next pass is due, as it is stored. */
function passAt(rows: GroupRows): EpochMs | undefined {
  const phase = phaseOf(rows);
  if (phase !== 'converging' && phase !== 'waiting' && phase !== 'deleting') return undefined;
  return isDivergent(rows) ? rows.spec.raisedAt : (rows.progress.recheckAt ?? rows.spec.raisedAt);
}

/**
 * When the group's next schedule occurs; undefined = it has none. Paused groups too: their occurrences are consumed. It may be years ahead,
 * so a clock that was ahead cannot be told from it: occurrences that such a clock consumed are not run again.
 */
export function nextScheduleAt(rows: GroupRows): EpochMs | undefined {
  if (rows.spec.deleting) return undefined;
  let earliest = Number.POSITIVE_INFINITY;
  for (const schedule of Object.values(rows.schedules)) earliest = Math.min(earliest, schedule.nextAt);
  return earliest === Number.POSITIVE_INFINITY ? undefined : epochMs(earliest);
}

/**
 * The group's wake-up, which every store keeps with the rows it follows from; undefined = none. `now`: the store's own clock, by which no
 * pass is put off for longer than `longestRecheck`, whatever clock the rows were written by.
 */
export function dueAtOf(rows: GroupRows, now: EpochMs): EpochMs | undefined {
  const stored = passAt(rows);
  const pass = stored === undefined ? undefined : epochMs(Math.min(stored, later(now, boundOf(rows))));
  const schedule = nextScheduleAt(rows);
  if (pass === undefined) return schedule;
  return schedule === undefined || pass <= schedule ? pass : schedule;
}
