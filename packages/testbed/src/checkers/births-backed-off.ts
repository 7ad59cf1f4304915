import { between, type EpochMs, type GroupId, milliseconds, type ServerId, seconds } from '@lutra/core';
import type { CheckerKind } from './checker.ts';

/** A server that has been ACTIVE for this long has come into service. */
const steadyAfter = seconds(60);
/** Half of the longest backoff between two creates, less a little: jitter takes it down to the half. */
const leastPause = seconds(140);
/** Creates while the backoff grows from seconds to minutes. */
const growing = 12;

/** What is known of the births of one group. */
interface Births {
  /** New servers, and since when each is ACTIVE. */
  readonly young: Map<ServerId, EpochMs | undefined>;
  /** When the first server failed, since one last stayed or somebody asked for something; undefined = none has. */
  failedAt: EpochMs | undefined;
  /** Servers made since a pass that knew of it could have decided it. */
  creates: number;
}

/**
 * Where servers fail before they are in service, a group does not go on making others at once: after the first that fails it makes a few
 * while the backoff grows, then one in two and a half minutes at most, until one stays in service or somebody asks for something.
 */
export const birthsBackedOff: CheckerKind = {
  name: 'births-backed-off',
  make: ({ groups, decidedWithin, violate }) => {
    const all = new Map<GroupId, Births>();
    const birthsOf = (groupId: GroupId): Births => {
      const known = all.get(groupId);
      if (known !== undefined) return known;
      const births: Births = { young: new Map(), failedAt: undefined, creates: 0 };
      all.set(groupId, births);
      return births;
    };
    const startAgain = (births: Births): void => {
      births.failedAt = undefined;
      births.creates = 0;
    };
    const created = (groupId: GroupId, births: Births, serverId: ServerId, now: EpochMs): void => {
      settle(births, now, startAgain);
      births.young.set(serverId, undefined);
      if (births.failedAt === undefined || between(births.failedAt, now) <= decidedWithin) return;
      births.creates += 1;
      const most = growing + between(births.failedAt, now) / leastPause;
      if (births.creates <= most) return;
      const minutes = Math.round(between(births.failedAt, now) / milliseconds(60_000));
      violate(`${births.creates} servers were made in ${minutes} minutes though none came into service`, groups.get(groupId));
      startAgain(births);
    };
    return {
      saw: ({ of, event }) => {
        if (of === 'scenario') {
          const isCommand = event.kind === 'commanded' || event.what === 'execute-policy'; // the engine tells of those that it accepts
          if (!isCommand) for (const births of all.values()) startAgain(births);
        } else if (of === 'engine') {
          if (event.kind === 'command-accepted' || event.kind === 'desired-changed') startAgain(birthsOf(event.groupId));
        } else if (event.kind === 'server-changed' && event.groupId !== undefined) {
          const births = birthsOf(event.groupId);
          const { serverId, state, by, at } = event;
          if (state === 'BUILD' && by === 'caller' && !births.young.has(serverId)) created(event.groupId, births, serverId, at);
          else if (!births.young.has(serverId)) return;
          else if (state === 'ACTIVE') births.young.set(serverId, births.young.get(serverId) ?? at);
          else if (state === 'deleting' && by === 'caller') births.young.delete(serverId);
          else if (state === 'ERROR' || state === 'SHUTOFF' || state === 'gone') {
            settle(births, at, startAgain);
            if (births.young.delete(serverId)) births.failedAt ??= at;
          }
        }
      },
    };
  },
};

/** Takes servers that have stayed for long enough out of the new ones. */
function settle(births: Births, now: EpochMs, startAgain: (births: Births) => void): void {
  for (const [id, since] of births.young) {
    if (since === undefined || between(since, now) < steadyAfter) continue;
    births.young.delete(id);
    startAgain(births);
  }
}
