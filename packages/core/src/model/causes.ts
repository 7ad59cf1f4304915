/** What follows from the causes of a group: its status and its errors, and nothing else does. */
import type { Cause, ResetCounter } from './cause.ts';
import type { GroupRows, GroupWish } from './scaling-group.ts';

type Counters = Pick<GroupWish, ResetCounter>;

/** Whether no command has ended the cause since it arose. */
export const isStanding = ({ counter, at }: Pick<Cause, 'counter' | 'at'>, wish: Counters): boolean => wish[counter] === at;

/** The causes that stand. A group that is being deleted has none: everything is tried again. */
export const standingCauses = ({ wish, progress }: Pick<GroupRows, 'wish' | 'progress'>): readonly Cause[] =>
  wish.deleting ? [] : progress.causes.filter((cause) => isStanding(cause, wish));

/** ERROR while any cause stands. */
export const statusOf = (rows: Pick<GroupRows, 'wish' | 'progress'>): 'ACTIVE' | 'ERROR' =>
  standingCauses(rows).length > 0 ? 'ERROR' : 'ACTIVE';

/** The sentences of the causes that stand, each once, sorted, at most `most`; the last one then counts those that are left out. */
export function errorsOf(rows: Pick<GroupRows, 'wish' | 'progress'>, most: number): readonly string[] {
  const sorted = [...new Set(standingCauses(rows).map(({ sentence }) => sentence))].sort();
  if (sorted.length <= most) return sorted;
  const shown = sorted.slice(0, most - 1);
  return [...shown, `and ${sorted.length - shown.length} more`];
}
