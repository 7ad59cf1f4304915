import { between, type EpochMs, type GroupId } from '@lutra/core';
import type { CheckerKind } from './checker.ts';

/**
 * Nothing is written to the cloud for a paused group: from the moment when somebody was told that it is paused, and the time for which an
 * earlier yes of the store is good (`writesStopWithin`), until somebody asks for it to go on, or to be deleted.
 */
export const pausedRests: CheckerKind = {
  name: 'paused-rests',
  make: ({ groups, writesStopWithin, violate }) => {
    const pausedAt = new Map<GroupId, EpochMs>();
    const idOf = (name: string | undefined): GroupId | undefined => [...groups.values()].find((group) => group.name === name)?.ref.groupId;
    return {
      saw: ({ of, event }) => {
        if (of === 'scenario') {
          const id = idOf(event.group);
          if (id === undefined) return;
          if (event.kind === 'commanded' && event.what === 'pause' && event.came === 'done') pausedAt.set(id, event.at);
          if (event.kind === 'acted' && (event.what === 'resume' || event.what === 'delete-group')) pausedAt.delete(id);
        } else if (of === 'cloud' && event.kind === 'called') {
          for (const { groupId } of event.passes ?? []) {
            const since = pausedAt.get(groupId);
            if (since === undefined || between(since, event.at) <= writesStopWithin) continue;
            violate(`${event.op} was sent for it ${between(since, event.at) / 1000} s after it was paused`, groups.get(groupId));
          }
        }
      },
    };
  },
};
