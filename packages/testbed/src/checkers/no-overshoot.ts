import { between, type EpochMs, epochMs, type GroupId, later, type ServerId, serverStateOf } from '@lutra/core';
import type { WorldEvent } from '@lutra/simulator';
import type { ServerRecord } from '@lutra/simulator/truth';
import { isMarked } from '@lutra/simulator/truth';
import type { WatchedGroup } from '../group-truths.ts';
import type { CheckerContext, CheckerKind } from './checker.ts';

/** Desired capacities of one group, by the instant from which they held. */
class DesiredHistory {
  readonly #entries: { readonly from: EpochMs; readonly desired: number }[] = [];

  add(from: EpochMs, desired: number): void {
    if (this.#entries.at(-1)?.desired !== desired) this.#entries.push({ from, desired });
  }

  /** The largest that held at any moment since `instant`. Forgets what ended before. */
  mostSince(instant: EpochMs): number {
    while ((this.#entries[1]?.from ?? instant) < instant) this.#entries.shift();
    return Math.max(0, ...this.#entries.map(({ desired }) => desired));
  }
}

/** The largest overshoot of each group, for the outcome of a run. */
export type Overshoots = Map<GroupId, number>;

/**
 * No group gets more servers than anybody desired. Only a create can break that, so it is decided when the cloud commits one:
 * the group's servers that count, the new one included, must be at most the largest desired capacity that held since the create
 * may have been decided (`decidedWithin` ago). So servers that are merely not deleted yet after a scale-down are no overshoot, and
 * another create beside them is. A server counts unless it is ERROR or SHUTOFF, has been for `unknownStatusGrace` in UNKNOWN or a status that is not known (D19), is being deleted or drained, was asked to be
 * deleted (should the cloud have forgotten it, it is asked again), was asked out of the group by a command, or has been building for too long.
 */
export const noOvershoot = (overshoots: Overshoots = new Map()): CheckerKind => ({
  name: 'no-overshoot',
  make: (context) => {
    const histories = new Map<GroupId, DesiredHistory>();
    const askedOut = new Set<ServerId>();
    const deletes = new Map<number, ServerId>();
    const unknown = new UnknownStatuses();
    const historyOf = (groupId: GroupId): DesiredHistory => {
      const known = histories.get(groupId);
      if (known !== undefined) return known;
      const history = new DesiredHistory();
      histories.set(groupId, history);
      return history;
    };
    const judge = (group: WatchedGroup): void => {
      const { groupId } = group.ref;
      const history = historyOf(groupId);
      history.add(context.now(), group.deleted ? 0 : group.desired);
      const most = history.mostSince(epochMs(context.now() - context.decidedWithin));
      if (context.truths.of(groupId).size <= most) return; // no need to look at each
      const counting = [...context.truths.of(groupId).values()].filter(
        (server) => counts(server, context) && !unknown.isIgnored(server.id, context) && !askedOut.has(server.id),
      );
      const over = counting.length - most;
      if (over <= 0) return;
      overshoots.set(groupId, Math.max(over, overshoots.get(groupId) ?? 0));
      if (over > context.maxOvershoot) context.violate(`${counting.length} servers count, ${most} were desired at most`, group);
    };
    return {
      saw: ({ of, event }) => {
        if (of === 'scenario') {
          if (event.what === 'remove-servers') for (const id of event.details ?? []) askedOut.add(id as ServerId);
        } else if (of === 'engine') {
          if (event.kind === 'desired-changed') {
            historyOf(event.groupId).add(event.at, event.from);
            historyOf(event.groupId).add(event.at, event.to);
          }
        } else if (event.kind === 'called' && event.op === 'server.delete') deletes.set(event.call, event.key as ServerId);
        else if (event.kind === 'answered') {
          const asked = deletes.get(event.call);
          deletes.delete(event.call);
          if (asked !== undefined && !isSurelyRefused(event)) askedOut.add(asked);
        } else if (event.kind === 'server-changed') {
          unknown.saw(event.serverId, event.state, event.at);
          const group = event.groupId === undefined ? undefined : context.groups.get(event.groupId);
          if (event.state === 'BUILD' && group !== undefined) judge(group);
        }
      },
    };
  },
});

/** Since when servers are in a status that nobody knows. */
class UnknownStatuses {
  readonly #since = new Map<ServerId, EpochMs>();

  saw(id: ServerId, state: string, at: EpochMs): void {
    if (state !== 'UNKNOWN' && (state === 'deleting' || state === 'gone' || serverStateOf(state, null) !== 'UNRECOGNISED'))
      this.#since.delete(id);
    else if (!this.#since.has(id)) this.#since.set(id, at);
  }

  isIgnored(id: ServerId, { now, unknownStatusGrace }: CheckerContext): boolean {
    const since = this.#since.get(id);
    return since !== undefined && between(since, now()) >= unknownStatusGrace;
  }
}

const unable: ReadonlySet<string> = new Set(['ERROR', 'SHUTOFF', 'DELETED']);

const counts = (server: ServerRecord, { now, buildTimeout }: CheckerContext): boolean =>
  !server.deleting &&
  !unable.has(server.status) &&
  !isMarked(server) &&
  !(server.status === 'BUILD' && now() >= later(createdAsTold(server), buildTimeout));

/** Nova tells whole seconds. */
const createdAsTold = ({ createdAt }: ServerRecord): EpochMs => epochMs(createdAt - (createdAt % 1000));

/** Nobody can take a 5xx for a no. */
const isSurelyRefused = ({ answer, told }: Extract<WorldEvent, { kind: 'answered' }>): boolean =>
  answer === 'refused' && !String(told).startsWith('5');
