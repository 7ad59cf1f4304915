import { type GroupState, LutraError } from '@lutra/core';
import type { WatchedGroup } from './group-truths.ts';
import type { Play } from './play.ts';
import type { TimelineEntry } from './scenario-timeline.ts';

type ExpectEntry = Extract<TimelineEntry, { do: 'expect' }>;

/** Looks whether the groups that an entry names are as it says; what is not is a violation. */
export async function look(entry: ExpectEntry, index: number, stage: Play): Promise<void> {
  for (const group of stage.notYet(entry.group)) stage.violate('expected', `timeline[${index}]: the group does not exist yet`, group);
  for (const group of stage.groupsCalled(entry.group)) {
    const state = await stateOf(group, stage);
    const wrong = [...inState(entry, state), ...inTruth(entry, group, stage)];
    stage.tell({ kind: 'looked', what: 'expect', group: group.name, came: wrong.length === 0 ? 'done' : wrong.join('; ') });
    for (const message of wrong) stage.violate('expected', `timeline[${index}]: ${message}`, group.name);
  }
}

/** undefined: there is no such group any more. */
async function stateOf({ ref }: WatchedGroup, { autoscaler }: Play): Promise<GroupState | undefined> {
  try {
    return await autoscaler.groupState(ref);
  } catch (error) {
    if (error instanceof LutraError && error.code === 'group-not-found') return undefined;
    throw error;
  }
}

function inState({ status, errors = [], desired, active }: ExpectEntry, state: GroupState | undefined): readonly string[] {
  if (state === undefined) return [status, desired, active].every((asked) => asked === undefined) ? [] : ['the group is no more'];
  const wrong: string[] = [];
  if (status !== undefined && state.status !== status) wrong.push(`the group is ${statusText(state)}, not ${status}`);
  for (const text of errors)
    if (!state.errors.some((error) => error.includes(text))) wrong.push(`no error says "${text}": ${statusText(state)}`);
  if (desired !== undefined && state.desiredCapacity !== desired)
    wrong.push(`${state.desiredCapacity} servers are desired, not ${desired}`);
  if (active !== undefined && state.activeCapacity !== active)
    wrong.push(`the state shows ${state.activeCapacity} active servers, not ${active}`);
  return wrong;
}

/** `ERROR (no such thing; and another)` */
export const statusText = ({ status, errors }: Pick<GroupState, 'status' | 'errors'>): string =>
  errors.length === 0 ? status : `${status} (${errors.join('; ')})`;

function inTruth({ servers, converged }: ExpectEntry, group: WatchedGroup, { truths }: Play): readonly string[] {
  const wrong: string[] = [];
  const there = [...truths.of(group.ref.groupId).values()].filter(({ deleting }) => !deleting).length;
  if (servers !== undefined && there !== servers) wrong.push(`there are ${there} servers, not ${servers}`);
  const reasons = converged === undefined ? [] : truths.whyNotConverged(group);
  if (converged === true && reasons.length > 0) wrong.push(`the group is not converged: ${reasons.join('; ')}`);
  if (converged === false && reasons.length === 0) wrong.push('the group is converged');
  return wrong;
}
