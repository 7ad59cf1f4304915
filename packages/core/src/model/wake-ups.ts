import type { GroupRows } from './scaling-group.ts';
import { type EpochMs, epochMs } from './time.ts';

/** Which of a group's resting places its rows ask for, first match wins (design: "A group"). */
export type GroupPhase = 'deleting' | 'paused' | 'error' | 'converging' | 'active';

/** A wish that no pass has begun to carry out. */
export const isDivergent = ({ wish, progress }: GroupRows): boolean => wish.wishRevision > progress.triedRevision;

/** In error until a command: the last wish failed. */
export const isErrored = ({ wish, progress }: GroupRows): boolean =>
  progress.status === 'ERROR' && progress.erroredRevision === wish.wishRevision;

/** In error because of the brake on mass failure: the one error that a look may end. */
export const isBraked = (rows: GroupRows): boolean => isErrored(rows) && rows.progress.brake?.released === false;

/** The phase that the rows ask for. The actor follows it; it never decides it. */
export function phaseOf(rows: GroupRows): GroupPhase {
  if (rows.wish.deleting) return 'deleting';
  if (rows.wish.paused || rows.wish.suspended) return 'paused';
  if (isErrored(rows)) return 'error';
  if (isDivergent(rows) || rows.progress.recheckAt !== null) return 'converging';
  return 'active';
}

/** When the group's next pass is due; undefined = not before a command or a hint. */
export function nextPassAt(rows: GroupRows): EpochMs | undefined {
  const phase = phaseOf(rows);
  if (phase !== 'converging' && phase !== 'deleting') return undefined;
  return isDivergent(rows) ? rows.wish.raisedAt : (rows.progress.recheckAt ?? rows.wish.raisedAt);
}

/** When the group's next schedule occurs; undefined = it has none. Paused groups too: their occurrences are consumed. */
export function nextScheduleAt(rows: GroupRows): EpochMs | undefined {
  if (rows.wish.deleting) return undefined;
  let earliest = Number.POSITIVE_INFINITY;
  for (const schedule of Object.values(rows.schedules)) earliest = Math.min(earliest, schedule.nextAt);
  return earliest === Number.POSITIVE_INFINITY ? undefined : epochMs(earliest);
}

/** The group's wake-up, which every store keeps with the rows it follows from; undefined = none. */
export function dueAtOf(rows: GroupRows): EpochMs | undefined {
  const pass = nextPassAt(rows);
  const schedule = nextScheduleAt(rows);
  if (pass === undefined) return schedule;
  return schedule === undefined || pass <= schedule ? pass : schedule;
}
