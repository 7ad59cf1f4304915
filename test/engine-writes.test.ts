/** What passes write to the store, seen as the changes that they commit; and what they do when the answer of a commit is lost. */
import { type Decision, defaultOptions, LutraError, type ScalingGroup, type Store } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { newGroup, Stage } from './engine-stage.ts';

type GroupChange = Decision<unknown>['change'];

/** A store whose commits `sees` is told of, before they are made. */
const watching =
  (sees: (change: GroupChange) => void) =>
  (store: Store): Partial<Store> => ({
    transact: (ref, decide, ...rest) =>
      store.transact(
        ref,
        (...given) => {
          const decision = decide(...given);
          sees(decision.change);
          return decision;
        },
        ...rest,
      ),
  });

describe('what passes write', () => {
  it('is nothing, when a pass changes nothing', async () => {
    const changes: GroupChange[] = [];
    const stage = new Stage({ store: watching((change) => changes.push(change)) });
    await stage.converged(3);
    await stage.run(200); // until the servers have been in service for long enough
    const since = stage.clock.now();
    changes.length = 0;
    await stage.run(3000);
    expect(stage.passes(since)).toBeGreaterThan(5);
    expect(changes).toEqual([]);
  });

  it('is one server, progress and what is told, when one server changed, and its successor once it was seen', async () => {
    const changes: GroupChange[] = [];
    const stage = new Stage({ store: watching((change) => changes.push(change)) });
    await stage.converged(3);
    await stage.run(200);
    changes.length = 0;
    stage.kill(1, 'error');
    await stage.run(300);
    const [gone, ...others] = changes.filter(({ servers }) => servers?.put?.some(({ state }) => state === 'DELETED'));
    expect([Object.keys(gone ?? {}).sort(), gone?.servers?.put?.map(({ state }) => state), gone?.servers?.deleted]).toEqual([
      ['activity', 'progress', 'records', 'servers'],
      ['BUILD', 'DELETED'],
      undefined,
    ]);
    expect(others).toEqual([]);
    for (const change of changes) {
      const { progress, servers, intents, activity, creates, records, ...more } = change;
      expect(records?.put?.length ?? 0).toBeLessThanOrEqual(1);
      expect(servers?.put?.length ?? 0).toBeLessThanOrEqual(change === gone ? 2 : 1);
      expect(more).toEqual({});
    }
  });

  it('has a group looked at again by the end of the pass, from before the first write on', async () => {
    const left: number[] = [];
    const stage: Stage = new Stage({
      store: watching(({ creates, progress }) => {
        if (creates !== undefined && creates.count > 0) left.push((progress?.recheckAt ?? Number.POSITIVE_INFINITY) - stage.clock.now());
      }),
    });
    await stage.converged(1);
    expect(left).toHaveLength(1);
    expect(left[0]).toBeLessThanOrEqual(defaultOptions.passDeadline);
    expect(left[0]).toBeGreaterThan(0);
  });
});

describe('a commit whose answer is lost', () => {
  const announces = ({ creates }: GroupChange): boolean => creates !== undefined && creates.count > 0;
  const settles = ({ servers }: GroupChange): boolean => servers?.put?.some(({ state }) => state === 'BUILD') === true;
  const plans = ({ activity = [] }: GroupChange): boolean => activity.some(({ content }) => content.kind === 'plan');
  const lost = (): LutraError => new LutraError('unavailable', 'the connection broke');

  it.each([
    ['announces creates', 'and was made', announces],
    ['announces creates', 'and was not made', announces],
    ['settles creates', 'and was made', settles],
    ['settles creates', 'and was not made', settles],
  ] as const)('and %s, %s, is followed by a look at what is stored: nothing is created twice or forgotten', async (_, how, isIt) => {
    let [times, asked] = [0, 0];
    let isFromRead: boolean | undefined; // the first plan after it; what is read from then on has a mark that nothing kept in memory has
    let armed = false; // from the second scaling on: what the first one left could be kept in memory
    const stage = new Stage({
      store: (store) => {
        let isLost = false;
        const watched = watching((change) => {
          if (times > 0 && plans(change)) isFromRead ??= Object.hasOwn(change.progress ?? {}, 'mark');
          isLost = armed && times === 0 && isIt(change);
          if (!isLost) return;
          times += 1;
          if (how === 'and was not made') throw lost();
        })(store);
        return {
          transact: async (...asks) => {
            const answer = await watched.transact?.(...(asks as Parameters<Store['transact']>));
            if (isLost) throw lost();
            return answer as never;
          },
          readGroup: async (ref) => {
            const group = await store.readGroup(ref);
            return group === undefined || times === 0 ? group : { ...group, progress: Object.assign({ mark: true }, group.progress) };
          },
        };
      },
      cloud: (cloud) => ({
        createServer: (...request) => {
          asked += 1;
          return cloud.createServer(...request);
        },
      }),
    });
    const ref = await stage.converged(1);
    armed = true;
    await stage.clock.runUntilSettled(stage.autoscaler.updateConfiguration(ref, newGroup(3).groupConfiguration));
    await stage.run(900);
    expect([times, asked, stage.servers.length]).toEqual([1, 3, 3]);
    expect(isFromRead).toBe(true);
    const group: ScalingGroup | undefined = await stage.store.readGroup(ref);
    expect([Object.keys(group?.servers ?? {}).sort(), group?.intents]).toEqual([stage.servers.map((server) => server.id).sort(), {}]);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 3 });
  });
});
