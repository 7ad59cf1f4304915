import { describe, expect, it } from 'vitest';
import { LutraError } from '../errors.ts';
import type { ActivityEntry } from '../model/activity.ts';
import type { GroupId } from '../model/identifiers.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { epochMs, seconds } from '../model/time.ts';
import { type ActivityPage, type DueGroup, type Store, silentLog } from '../ports.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { aGroup } from '../testing/parts.ts';
import { GuardedStore } from './guarded-store.ts';

const group = aGroup([]);
const { tenantId } = group;
const due = (groupId: string, at: number): DueGroup => ({ tenantId, groupId: groupId as GroupId, dueAt: epochMs(at) });
const told = (sequence: number): object => ({ tenantId, groupId: 'g', sequence, content: { kind: 'group-removed' } });
const member = { host: 'a', incarnation: 'a-1' };
const ownership = { tenantId, owner: member, epoch: 1 };
const unowned = { tenantId, epoch: 1, since: epochMs(9) };
const heartbeat = { storeNow: 0, owned: 0, highestEpoch: 0, tenants: 0, unowned: 0, liveHosts: 0, healthyElsewhereAt: null, stopAll: null };

const record = { groupId: 'g', serverId: 's', loadBalancerId: '1', address: '10.0.0.1', port: 80, nodeId: null, at: 1 };
const tombstone = { groupId: 'g', tokens: ['t'], at: 1 };
const unnamed = { by: null, reason: null };
const set = { since: 1, by: 'ann', reason: null };
const switches = { stopAll: null, observedTenants: [{ tenantId: 't', ...set }], observedGroups: [{ tenantId: 't', groupId: 'g', ...set }] };

/** The guard of a store that has these methods. */
function guarding(store: object) {
  const clock = new HandClock();
  return { clock, store: new GuardedStore(store as Store, clock, seconds(10), silentLog) };
}
const unavailable = { code: 'unavailable', http: 503 };

describe('GuardedStore', () => {
  it.each([
    ['readGroup', [group], [group, undefined], [null, 7, {}, { ...group, spec: undefined }, [group]]],
    ['readState', [group], [group, undefined], [null, 7, {}, { ...group, spec: undefined }, [group]]],
    ['listStates', [tenantId, { limit: 1 }], [[], [group]], [null, undefined, group, [group, null]]],
    ['mayConverge', [group, ownership], [true, false], [undefined, null, 1, 'yes', {}]],
    ['nodeRecords', [tenantId], [[], [record]], [null, undefined, record, [{ ...record, port: '80' }], [{ ...record, address: 7 }]]],
    ['tombstones', [tenantId], [[], [tombstone]], [null, tombstone, [{ ...tombstone, tokens: undefined }], [{ ...tombstone, at: 'then' }]]],
    [
      'createsWithin',
      [tenantId, seconds(1)],
      [
        { count: 0, since: null },
        { count: 1, since: 9 },
      ],
      [null, 3, { count: 3 }, { since: 3 }],
    ],
    ['credentials', [tenantId], [undefined, {}, { a: 1 }], [null, 'a', 7]],
    [
      'switches',
      [],
      [switches, { ...switches, stopAll: set }],
      [
        ...[null, {}, { ...switches, stopAll: true }, { ...switches, stopAll: { ...set, since: null } }],
        ...[
          { ...switches, observedTenants: ['t'] },
          { ...switches, observedGroups: [{}] },
          { ...switches, observedGroups: [set] },
        ],
      ],
    ],
    ['groupIdsOf', [tenantId], [[], ['g']], [null, 'g', [''], [7]]],
    ['tenants', [], [[], ['t']], [null, 't', [null]]],
    ['findCapability', ['hash'], [undefined, { ref: group }], [null, {}, { ref: {} }]],
    ['findKey', [{}], [undefined, { fingerprint: 'f', made: {} }], [null, {}, { fingerprint: 'f' }]],
    ['createGroup', [group, 1], [undefined, { fingerprint: 'f', made: {} }], [null, 7, { made: {} }]],
    [
      'readActivity',
      [tenantId, { after: 0, limit: 2 }],
      [[], [told(1), told(3)]],
      [null, {}, [null], [{ ...told(1), content: undefined }]],
    ],
    [
      'claim',
      [member, tenantId, 1],
      [undefined, ownership],
      [null, {}, { ...ownership, epoch: Number.NaN }, { ...ownership, owner: 'me' }],
    ],
    ['join', [member, seconds(1)], [heartbeat], [undefined, null, {}, { ...heartbeat, owned: undefined }]],
    ['renew', [member, seconds(1), {}], [undefined, heartbeat], [null, {}, { ...heartbeat, healthyElsewhereAt: 'soon' }]],
    ['members', [], [[], [member]], [null, [{ host: 'a' }]]],
    ['ownedBy', [member], [[], [ownership]], [null, [{ ...ownership, tenantId: '' }]]],
    ['unowned', [9], [[], [unowned]], [null, [{ ...unowned, since: 'long' }]]],
    ['unownedTenant', [tenantId], [undefined, unowned], [null, { ...unowned, epoch: undefined }]],
    ['due', [member, 0, 2], [[], [due('a', 1)]], [null, {}, [null], [{ ...due('a', 1), dueAt: 'soon' }]]],
  ])('takes from %s what is an answer, and nothing else', async (name, args, good, bad) => {
    const ask = (answer: unknown): Promise<unknown> => {
      const store = guarding({ [name]: async () => answer }).store;
      return (Reflect.get(store, name) as (...given: readonly unknown[]) => Promise<unknown>).apply(store, args);
    };
    for (const answer of good) expect(await ask(answer)).toBe(answer);
    for (const answer of bad) await expect(ask(answer)).rejects.toMatchObject(unavailable);
  });

  it('takes no page of due groups that does not come after the one before', async () => {
    const marker = due('b', 5);
    const pages = { after: [due('c', 5), due('a', 6)], again: [due('a', 5), due('b', 5)], before: [due('z', 4)] };
    const ask = (page: readonly DueGroup[]) => guarding({ due: async () => page }).store.due(member, epochMs(9), 2, marker);
    expect(await ask(pages.after)).toBe(pages.after);
    await expect(ask(pages.again)).rejects.toMatchObject(unavailable);
    await expect(ask(pages.before)).rejects.toMatchObject(unavailable);
  });

  it('takes no page of activity that is out of order, or does not go on from where it was to', async () => {
    const ask = (page: ActivityPage, ...sequences: readonly number[]) => {
      const entries = sequences.map((sequence) => told(sequence) as ActivityEntry);
      return guarding({ readActivity: async () => entries }).store.readActivity(tenantId, page);
    };
    expect(await ask({ after: 4, limit: 9 }, 5, 6)).toHaveLength(2);
    expect(await ask({ before: 4, limit: 9 }, 3, 1)).toHaveLength(2);
    expect(await ask({ before: null, limit: 9 }, 9, 1)).toHaveLength(2);
    for (const wrong of [ask({ after: 4, limit: 9 }, 4), ask({ after: 4, limit: 9 }, 6, 6), ask({ before: 4, limit: 9 }, 4, 3)]) {
      await expect(wrong).rejects.toMatchObject(unavailable);
    }
    await expect(ask({ before: null, limit: 9 }, 1, 2)).rejects.toMatchObject(unavailable);
  });

  it('says that the effect of a call is unknown, unless the store says that it did nothing', async () => {
    const closed = new LutraError('unavailable', 'closed', { effect: 'refused' });
    await expect(guarding({ setStopAll: () => Promise.reject(closed) }).store.setStopAll(unnamed)).rejects.toBe(closed);
    const broken = () => Promise.reject(new Error('the connection broke'));
    await expect(guarding({ setStopAll: broken }).store.setStopAll(unnamed)).rejects.toMatchObject({ ...unavailable, effect: 'unknown' });
    const { clock, store } = guarding({ setStopAll: () => new Promise(() => {}) });
    const silent = expect(store.setStopAll(unnamed)).rejects.toMatchObject({ ...unavailable, effect: 'unknown' });
    await clock.pass(10_000);
    await silent;
  });

  it('takes from a transaction what was decided last, and nothing else', async () => {
    const keep = () => ({ change: {}, answer: 'done' });
    const transacting = (transact: Store['transact']) => guarding({ transact }).store.transact(group, keep);
    expect(await transacting(async (_ref, decision) => decision(group).answer)).toBe('done');
    await expect(transacting(async () => undefined as never)).rejects.toMatchObject(unavailable);
    await expect(transacting(async () => 'done' as never)).rejects.toMatchObject(unavailable); // nobody was asked
    await expect(transacting(async (_ref, decision) => decision({} as ScalingGroup).answer)).rejects.toMatchObject(unavailable);
  });

  it('throws on what a decision throws, for that is no failure of the store', async () => {
    const mistake = new TypeError('a mistake of ours');
    const { store } = guarding({ transact: async (_ref: unknown, decide: (before: ScalingGroup) => unknown) => decide(group) });
    const deciding = store.transact(group, () => {
      throw mistake;
    });
    await expect(deciding).rejects.toBe(mistake);
  });

  it('forgets what a decision threw when the store asks again and the commit is then not answered', async () => {
    const asksTwice = async (_ref: unknown, decide: (before: ScalingGroup) => unknown) => {
      try {
        decide(group);
      } catch {
        decide(group);
      }
      throw new Error('the connection broke');
    };
    let asked = 0;
    const deciding = guarding({ transact: asksTwice }).store.transact(group, () => {
      asked += 1;
      if (asked === 1) throw new LutraError('group-paused', 'as it was read first');
      return { change: {}, answer: 'done' };
    });
    await expect(deciding).rejects.toMatchObject({ ...unavailable, effect: 'unknown' });
  });

  it('waits until its deadline, and leaves no timer behind', async () => {
    const { store, clock } = guarding({ tenants: async () => [], groupIdsOf: () => new Promise(() => undefined) });
    await store.tenants();
    expect(clock.armed).toBe(0);
    let state: unknown = 'under way';
    store.groupIdsOf(tenantId).catch((error: unknown) => {
      state = error;
    });
    await clock.pass(9_999);
    expect(state).toBe('under way');
    await clock.pass(1);
    await settled();
    expect(state).toMatchObject(unavailable);
    expect(clock.armed).toBe(0);
  });
});
