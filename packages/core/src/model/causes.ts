/** What follows from the causes of a group: its status and its errors, and nothing else does. */
import type { ActivityContent } from './activity.ts';
import type { Cause, ResetCounter } from './cause.ts';
import type { GroupSpec, ScalingGroup } from './scaling-group.ts';

type Counters = Pick<GroupSpec, ResetCounter>;
type Caused = Pick<ScalingGroup, 'spec' | 'progress'>;

/** Whether no command has ended the cause since it arose. */
export const isStanding = ({ counter, at }: Pick<Cause, 'counter' | 'at'>, spec: Counters): boolean => spec[counter] === at;

/** The causes that stand. A group that is being deleted has none: everything is tried again. */
export const standingCauses = ({ spec, progress }: Caused): readonly Cause[] =>
  spec.deleting ? [] : progress.causes.filter((cause) => isStanding(cause, spec));

/** ERROR while any cause stands. */
export const statusOf = (group: Caused): 'ACTIVE' | 'ERROR' => (standingCauses(group).length > 0 ? 'ERROR' : 'ACTIVE');

/** The sentences of the causes that stand, each once, sorted, at most `most`; the last one then counts those that are left out. */
export function errorsOf(group: Caused, most: number): readonly string[] {
  const sorted = [...sentencesOf(group)].sort();
  if (sorted.length <= most) return sorted;
  const shown = sorted.slice(0, most - 1);
  return [...shown, `and ${sorted.length - shown.length} more`];
}

/** What there is to tell of causes when `before` becomes `after`: those that ended, then those that began, by their sentences. */
export function changedCauses(before: Caused, after: Caused): readonly ChangedCause[] {
  const [then, now] = [sentencesOf(before), sentencesOf(after)];
  return [
    ...[...then].filter((sentence) => !now.has(sentence)).map((sentence) => ({ kind: 'cause-ended', sentence }) as const),
    ...[...now].filter((sentence) => !then.has(sentence)).map((sentence) => ({ kind: 'cause-began', sentence }) as const),
  ];
}

type ChangedCause = Extract<ActivityContent, { kind: 'cause-began' | 'cause-ended' }>;

const sentencesOf = (group: Caused): ReadonlySet<string> => new Set(standingCauses(group).map(({ sentence }) => sentence));
