/** What activity says of commands: who asked for what, what came of it, and which causes of error it ended. Pure. */
import type { LutraError } from '../errors.ts';
import { type ActivityContent, type ActivityNote, type Caller, nobody, type Origin } from '../model/activity.ts';
import { capacityOf } from '../model/capacity.ts';
import { changedCauses } from '../model/causes.ts';
import { cutTo } from '../model/characters.ts';
import type { PolicyId } from '../model/identifiers.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Command } from './commands.ts';

/** Runs of schedules. */
export const bySchedule: Origin = { ...nobody, by: 'schedule' };
/** Calls of capability URLs: whoever has such a URL has not said who it is. */
export const byWebhook: Origin = { ...nobody, by: 'webhook' };

/** Characters of what a caller sends that are kept: of an id in a path, a name. */
const longestWord = 200;
const cutWord = (word: string): string => cutTo(word, longestWord, '…');

/** The origin of a caller's commands: a user, whatever its name. Long names are cut. */
export const originOf = ({ requestId, user }: Caller): Origin => ({
  requestId: requestId === null ? null : cutWord(requestId),
  user: user === null ? null : cutWord(user),
  by: 'user',
});

/** What is told of a group that is made. */
export const creationNotes = (group: ScalingGroup, origin: Origin): readonly ActivityNote[] => [
  {
    at: group.spec.createdAt,
    capacity: capacityOf(group),
    content: { kind: 'command', command: 'create-group', policyId: null, origin, refused: null },
  },
];

/**
 * What is told of a command that made `after` of `before`; `refused`: why it was refused. Nothing of a group that is being deleted already:
 * for its tenant it does not exist.
 */
export function commandNotes(
  command: Command,
  origin: Origin,
  before: ScalingGroup,
  { group: after, refused }: { readonly group: ScalingGroup; readonly refused?: LutraError },
  at: EpochMs,
  { errorLength }: Pick<Options, 'errorLength'>,
): readonly ActivityNote[] {
  if (before.spec.deleting) return [];
  const told: ActivityContent = {
    kind: 'command',
    command: command.kind,
    policyId: 'policyId' in command ? (cutWord(command.policyId) as PolicyId) : null,
    ...('serverId' in command && { serverId: cutWord(command.serverId) as typeof command.serverId }),
    origin,
    refused: refused === undefined ? null : cutTo(refused.message, errorLength, '…'),
  };
  const capacity = capacityOf(after);
  return [told, ...changedCauses(before, after)].map((content) => ({ at, capacity, content }));
}
