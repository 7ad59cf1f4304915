/** What follows from the causes of a group: its status and its errors, and nothing else does. */
import type { Cause, ResetCounter } from './cause.ts';
import type { GroupSpec, ScalingGroup } from './scaling-group.ts';

type Counters = Pick<GroupSpec, ResetCounter>;

/** Whether no command has ended the cause since it arose. */
export const isStanding = ({ counter, at }: Pick<Cause, 'counter' | 'at'>, spec: Counters): boolean => spec[counter] === at;

/** The causes that stand. A group that is being deleted has none: everything is tried again. */
export const standingCauses = ({ spec, progress }: Pick<ScalingGroup, 'spec' | 'progress'>): readonly Cause[] =>
  spec.deleting ? [] : progress.causes.filter((cause) => isStanding(cause, spec));

/** ERROR while any cause stands. */
export const statusOf = (group: Pick<ScalingGroup, 'spec' | 'progress'>): 'ACTIVE' | 'ERROR' =>
  standingCauses(group).length > 0 ? 'ERROR' : 'ACTIVE';

/** The sentences of the causes that stand, each once, sorted, at most `most`; the last one then counts those that are left out. */
export function errorsOf(group: Pick<ScalingGroup, 'spec' | 'progress'>, most: number): readonly string[] {
  const sorted = [...new Set(standingCauses(group).map(({ sentence }) => sentence))].sort();
  if (sorted.length <= most) return sorted;
  const shown = sorted.slice(0, most - 1);
  return [...shown, `and ${sorted.length - shown.length} more`];
}
