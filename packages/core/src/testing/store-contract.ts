import { describe, expect, it } from 'vitest';
import { newGroup } from '../commands/creating.ts';
import { decide } from '../commands/decide.ts';
import type { KeptKey, KeyUse, Made } from '../model/caller-key.ts';
import { changeBetween } from '../model/group-change.ts';
import type { CapabilityHash, GroupId, PolicyId, TenantId, WebhookId } from '../model/identifiers.ts';
import type { HostIncarnation, Ownership } from '../model/ownership.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import { epochMs, later, seconds } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import type { Clock, Decision, Store } from '../ports.ts';
import { claimed, dueOf, owner } from './owning.ts';

/** A store under test, on a clock that the test moves. */
export interface StoreUnderTest {
  readonly store: Store;
  readonly clock: Clock & { advance(milliseconds: number): void };
  /** Ends what the store holds open. */
  readonly close?: () => Promise<void>;
}

const tenant = 'tenant' as TenantId;
const policy = 'p' as PolicyId;
const start = epochMs(1_790_000_000_000);

const groupOf = (id: string, tenantId: TenantId = tenant): ScalingGroup =>
  newGroup(
    { tenantId, groupId: id as GroupId },
    { name: id, cooldown: 0, minEntities: 0, maxEntities: 9, metadata: {} },
    { type: 'launch_server', args: { server: { flavorRef: '2', imageRef: 'i' } } },
    [{ id: policy, definition: { name: 'up', cooldown: 0, type: 'webhook', change: 1 } }],
    start,
  );
const context = { now: start, options: defaultOptions };
const at = (group: ScalingGroup, changes: Partial<ScalingGroup['progress']>): ScalingGroup => ({
  ...group,
  progress: { ...group.progress, triedGeneration: group.spec.generation, ...changes },
});

/** What turns the group into another. */
const becoming = <T = undefined>(group: ScalingGroup, after: ScalingGroup, answer?: T): Decision<T | undefined> => ({
  change: changeBetween(group, after),
  answer,
});

/** What every store promises; each implementation runs all of it. */
export function describeStore(name: string, make: () => Promise<StoreUnderTest>): void {
  const test = (behaviour: string, body: (under: StoreUnderTest) => Promise<void>): void =>
    it(behaviour, async () => {
      const under = await make();
      try {
        await body(under);
      } finally {
        await under.close?.();
      }
    });

  describe(`${name}: groups`, () => {
    test('reads what was created, and nothing of another tenant', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      expect(await store.readGroup(groupOf('a'))).toEqual(groupOf('a'));
      expect(await store.readGroup({ ...groupOf('a'), tenantId: 'other' as TenantId })).toBeUndefined();
    });

    test('refuses the group beyond the limit; deleting ones do not count', async ({ store }) => {
      await store.createGroup(groupOf('a'), 1);
      await expect(store.createGroup(groupOf('b'), 1)).rejects.toMatchObject({ code: 'groups-over-limit' });
      await store.createGroup(groupOf('c', 'other' as TenantId), 1);
      await store.transact(groupOf('a'), (group) =>
        becoming(group, decide(group, { kind: 'delete-group', force: true }, context).group, 0),
      );
      await store.createGroup(groupOf('b'), 1);
    });

    test('stores what is created for a suspended tenant as suspended, and changes no other group', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      await store.setTenantSuspended(tenant, true);
      await store.createGroup(groupOf('b'), 10);
      await store.createGroup(groupOf('c', 'other' as TenantId), 10);
      await store.setTenantSuspended(tenant, false);
      await store.createGroup(groupOf('d'), 10);
      const refs = [groupOf('a'), groupOf('b'), groupOf('c', 'other' as TenantId), groupOf('d')];
      const suspended = await Promise.all(refs.map(async (ref) => (await store.readGroup(ref))?.spec.suspended));
      expect(suspended).toEqual([false, true, false, false]);
      expect((await dueOf(store, start, 10)).map(({ groupId }) => groupId)).toEqual(['a', 'c', 'd']);
    });

    test('counts the limit right when many are created at once', async ({ store }) => {
      const made = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => store.createGroup(groupOf(`g${n}`), 7)));
      expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
    });

    test('commits what decide returns and answers what it answers', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      const answer = await store.transact(groupOf('a'), (group) =>
        becoming(group, { ...group, spec: { ...group.spec, desired: 5 } }, 'five'),
      );
      expect([answer, (await store.readGroup(groupOf('a')))?.spec.desired]).toEqual(['five', 5]);
    });

    test('loses no update of transactions that overlap', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      const add = (group: ScalingGroup) => becoming(group, { ...group, spec: { ...group.spec, desired: group.spec.desired + 1 } });
      await Promise.all(Array.from({ length: 50 }, () => store.transact(groupOf('a'), add)));
      expect((await store.readGroup(groupOf('a')))?.spec.desired).toBe(50);
    });

    test('commits nothing when decide throws', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      const fail = (): never => {
        throw new Error('no');
      };
      await expect(store.transact(groupOf('a'), fail)).rejects.toThrow('no');
      expect(await store.readGroup(groupOf('a'))).toEqual(groupOf('a'));
    });

    test('refuses to transact on a group that is not there, or was removed', async ({ store }) => {
      const ref: GroupRef = groupOf('a');
      const keep = () => ({ change: {}, answer: undefined });
      await expect(store.transact(ref, keep)).rejects.toMatchObject({ code: 'group-not-found' });
      await store.createGroup(groupOf('a'), 10);
      await store.transact(ref, () => ({ change: { removed: { tokens: [] } }, answer: undefined }));
      await expect(store.transact(ref, keep)).rejects.toMatchObject({ code: 'group-not-found' });
      expect([await store.readGroup(ref), await store.groupIdsOf(tenant), await store.tenants()]).toEqual([undefined, [], []]);
    });

    test('lists by ascending id from a marker, without deleting ones', async ({ store }) => {
      for (const id of ['c', 'a', 'd', 'b']) await store.createGroup(groupOf(id), 10);
      await store.transact(groupOf('b'), (group) => becoming(group, { ...group, spec: { ...group.spec, deleting: true } }));
      const ids = async (marker: string | undefined, limit: number) =>
        (await store.listStates(tenant, { marker, limit })).map(({ groupId }) => groupId);
      expect([await ids(undefined, 2), await ids('a', 9), await ids('zzz', 9)]).toEqual([['a', 'c'], ['c', 'd'], []]);
      expect(await store.groupIdsOf(tenant)).toEqual(['a', 'b', 'c', 'd']);
    });

    test('shows of a group what its state call needs, and no more; nothing of a deleting one', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      const { tenantId, groupId, spec, progress, servers } = groupOf('a');
      const state = { tenantId, groupId, spec, progress, servers };
      expect([await store.readState(groupOf('a')), await store.listStates(tenant, { limit: 9 })]).toEqual([state, [state]]);
      expect(await store.readState(groupOf('b'))).toBeUndefined();
      await store.transact(groupOf('a'), (group) => becoming(group, { ...group, spec: { ...group.spec, deleting: true } }));
      expect(await store.readState(groupOf('a'))).toBeUndefined();
    });

    test('finds a capability until its webhook, policy or group goes', async ({ store }) => {
      const hash = 'f00' as CapabilityHash;
      const add = {
        kind: 'create-webhooks',
        policyId: policy,
        webhooks: [{ id: 'w' as WebhookId, hash, definition: { name: 'n', metadata: {} } }],
      } as const;
      const command = (which: Parameters<typeof decide>[1]) =>
        store.transact(groupOf('a'), (group) => becoming(group, decide(group, which, context).group));
      await store.createGroup(groupOf('a'), 10);
      expect(await store.findCapability(hash)).toBeUndefined();
      await command(add);
      expect(await store.findCapability(hash)).toEqual({ ref: { tenantId: tenant, groupId: 'a' }, policyId: policy, webhookId: 'w' });
      await command({ kind: 'delete-webhook', policyId: policy, webhookId: 'w' as WebhookId });
      expect(await store.findCapability(hash)).toBeUndefined();
      await command(add);
      await command({ kind: 'delete-group', force: true });
      expect(await store.findCapability(hash)).toBeUndefined();
    });
  });

  describe(`${name}: callers' keys`, () => {
    const use = (changes: Partial<KeyUse> = {}): KeyUse => ({
      ...{ tenantId: tenant, scope: 'create', key: 'k', fingerprint: 'f', keptFor: seconds(86_400), most: 3 },
      ...changes,
    });
    const made = (id: string): Made => ({ at: start, ids: [id], secrets: ['s'] });
    const pauses = (group: ScalingGroup, kept?: KeptKey): Decision<string> =>
      kept === undefined
        ? { change: { spec: { ...group.spec, paused: !group.spec.paused } }, answer: 'done', made: made('p') }
        : { change: {}, answer: kept.made.ids.join() };

    test('finds the first group again by the key that it was created with, and makes no other', async ({ store }) => {
      const create = (id: string) => store.createGroup(groupOf(id), 10, { once: { ...use(), made: made(id) } });
      expect([await create('a'), await create('b')]).toEqual([undefined, { fingerprint: 'f', made: made('a') }]);
      expect(await store.groupIdsOf(tenant)).toEqual(['a']);
      const other = await store.createGroup(groupOf('c'), 10, { once: { ...use({ fingerprint: 'g' }), made: made('c') } });
      expect(other?.fingerprint).toBe('f');
    });

    test('makes one group of many that are created with one key at once, beyond the limit too', async ({ store }) => {
      const creates = Array.from({ length: 20 }, (_, n) =>
        store.createGroup(groupOf(`g${n}`), 1, { once: { ...use(), made: made(`g${n}`) } }),
      );
      const answers = await Promise.all(creates);
      const [id] = await store.groupIdsOf(tenant);
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
      expect(answers.filter((answer) => answer !== undefined)).toEqual(Array(19).fill({ fingerprint: 'f', made: made(id ?? '') }));
    });

    test('commits a change with its key, and shows the key to whoever comes with it again', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      const change = () => store.transact(groupOf('a'), pauses, undefined, use());
      expect(await Promise.all([change(), change(), change()])).toEqual(['done', 'p', 'p']);
      expect((await store.readGroup(groupOf('a')))?.spec.paused).toBe(true);
      expect(await store.transact(groupOf('a'), pauses)).toBe('done');
    });

    test('uses up no key of what was refused', async ({ store }) => {
      await store.createGroup(groupOf('a'), 1);
      await expect(store.createGroup(groupOf('b'), 1, { once: { ...use(), made: made('b') } })).rejects.toMatchObject({
        code: 'groups-over-limit',
      });
      await store.transact(groupOf('a'), () => ({ change: {}, answer: 0 }), undefined, use());
      const fail = (): never => {
        throw new Error('no');
      };
      await expect(store.transact(groupOf('a'), fail, undefined, use())).rejects.toThrow('no');
      await expect(store.transact(groupOf('gone'), pauses, undefined, use())).rejects.toMatchObject({ code: 'group-not-found' });
      expect(await store.findKey(use())).toBeUndefined();
    });

    test('knows a key by its tenant and scope, though its group has gone', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10, { once: { ...use(), made: made('a') } });
      await store.transact(groupOf('a'), () => ({ change: { removed: { tokens: [] } }, answer: 0 }));
      expect(await store.findKey(use())).toEqual({ fingerprint: 'f', made: made('a') });
      const others = [use({ tenantId: 'other' as TenantId }), use({ scope: 'execute' }), use({ key: 'K' })];
      expect(await Promise.all(others.map((other) => store.findKey(other)))).toEqual([undefined, undefined, undefined]);
    });

    test('keeps a key for as long as it was told, and no more of a tenant than that', async ({ store, clock }) => {
      await store.createGroup(groupOf('a'), 10);
      const keep = (key: string) => store.transact(groupOf('a'), pauses, undefined, use({ key }));
      const kept = async (...keys: string[]) => Promise.all(keys.map(async (key) => (await store.findKey(use({ key }))) !== undefined));
      for (const key of ['1', '2', '3', '4']) await keep(key);
      expect(await kept('1', '2', '3', '4')).toEqual([false, true, true, true]);
      clock.advance(86_399_999);
      expect(await kept('2', '4')).toEqual([true, true]);
      clock.advance(1);
      expect(await kept('2', '4')).toEqual([false, false]);
      expect(await keep('4')).toBe('done');
    });
  });

  describe(`${name}: wake-ups`, () => {
    test('has a new group due at once, and none at rest', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      expect(await dueOf(store, start, 10)).toEqual([{ tenantId: tenant, groupId: 'a', dueAt: start }]);
      await store.transact(groupOf('a'), (group) => becoming(group, at(group, { convergedGeneration: 1 })));
      expect(await dueOf(store, later(start, seconds(1e6)), 10)).toEqual([]);
    });

    test('gives due groups in the order of their instants, then ids, and no more than asked for', async ({ store }) => {
      const due = async (now: number, limit: number) => (await dueOf(store, epochMs(now), limit)).map(({ groupId }) => groupId);
      for (const [id, recheckAt] of [
        ['c', 29.5], // stored as a whole number, rounded up
        ['b', 20],
        ['a', 20],
        ['d', 40],
      ] as const) {
        await store.createGroup(groupOf(id), 10);
        await store.transact(groupOf(id), (group) => becoming(group, at(group, { recheckAt: epochMs(recheckAt) })));
      }
      expect([await due(19, 9), await due(30, 9), await due(99, 3)]).toEqual([[], ['a', 'b', 'c'], ['a', 'b', 'c']]);
    });

    test('goes on after the group that it is given, though that one is due no longer, and though some were due at one instant', async ({
      store,
    }) => {
      const recheck = (id: string, recheckAt: number) =>
        store.transact(groupOf(id), (group) => becoming(group, at(group, { recheckAt: epochMs(recheckAt) })));
      for (const id of ['d', 'b', 'a', 'c']) {
        await store.createGroup(groupOf(id), 10);
        await recheck(id, id === 'd' ? 10 : 20);
      }
      const first = await dueOf(store, epochMs(30), 2);
      const [, marker] = first;
      await recheck('a', 99);
      const rest = await dueOf(store, epochMs(30), 9, marker);
      expect([first, rest].map((page) => page.map(({ groupId }) => groupId))).toEqual([
        ['d', 'a'],
        ['b', 'c'],
      ]);
      expect(await dueOf(store, epochMs(30), 9, rest.at(-1))).toEqual([]);
      expect(await dueOf(store, epochMs(30), 9)).toHaveLength(3);
    });

    test('lets an earlier wake-up replace a later one', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      const recheck = (recheckAt: number) =>
        store.transact(groupOf('a'), (group) => becoming(group, at(group, { recheckAt: epochMs(recheckAt) })));
      for (const instant of [900, 100, 500, 100]) await recheck(instant);
      expect(await dueOf(store, epochMs(100), 10)).toHaveLength(1);
      await recheck(300);
      expect([await dueOf(store, epochMs(299), 10), await dueOf(store, epochMs(300), 10)]).toMatchObject([[], [{ dueAt: 300 }]]);
    });

    test('has a group due within ten minutes of its own clock, though a clock that is ahead put it off', async ({ store }) => {
      await store.createGroup({ ...groupOf('a'), spec: { ...groupOf('a').spec, raisedAt: later(start, seconds(864_000)) } }, 10);
      expect(await dueOf(store, start, 10)).toHaveLength(1);
      const recheckAt = later(start, seconds(864_000));
      await store.transact(groupOf('a'), (group) => becoming(group, at(group, { recheckAt })));
      expect([await dueOf(store, later(start, seconds(599)), 10), await dueOf(store, later(start, seconds(600)), 10)]).toMatchObject([
        [],
        [{}],
      ]);
    });

    test('tells of a commit that makes a group due', async ({ store }) => {
      const woken: string[] = [];
      const subscription = store.woken$.subscribe(({ groupId }) => woken.push(groupId));
      await store.createGroup(groupOf('a'), 10);
      subscription.unsubscribe();
      expect(woken).toContain('a');
    });

    test('wakes no group by activity alone', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      const woken: string[] = [];
      const subscription = store.woken$.subscribe(({ groupId }) => woken.push(groupId));
      const content = { kind: 'cause-ended', sentence: 'no' } as const;
      const note = { at: start, capacity: { desired: 0, active: 0, pending: 0 }, content };
      await store.transact(groupOf('a'), () => ({ change: { activity: [note] }, answer: null }));
      subscription.unsubscribe();
      expect(woken).toEqual([]);
    });

    test('ends the stream of wake-ups when it is closed', async ({ store }) => {
      let isOver = false;
      store.woken$.subscribe({
        complete: () => {
          isOver = true;
        },
      });
      await store.close();
      expect(isOver).toBe(true);
    });
  });

  describe(`${name}: ownership`, () => {
    const you: HostIncarnation = { host: 'b', incarnation: 'b-1' };
    const claim = (store: Store, who: HostIncarnation): Promise<Ownership> => claimed(store, tenant, who);
    const pause = (group: ScalingGroup) => becoming(group, { ...group, spec: { ...group.spec, paused: true } });

    test('commits under an ownership while it holds', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      await store.join(owner, seconds(10));
      await store.transact(groupOf('a'), pause, await claim(store, owner));
      expect((await store.readGroup(groupOf('a')))?.spec.paused).toBe(true);
    });

    test('refuses a commit under an ownership that was lost, and commits nothing of it', async ({ store, clock }) => {
      await store.createGroup(groupOf('a'), 10);
      await store.join(owner, seconds(10));
      const mine = await claim(store, owner);
      clock.advance(10_001);
      await store.join(you, seconds(10));
      const yours = await claim(store, you);
      const stale = [mine, { ...mine, epoch: yours.epoch }, { ...yours, epoch: mine.epoch }];
      for (const ownership of stale)
        await expect(store.transact(groupOf('a'), pause, ownership)).rejects.toMatchObject({ code: 'ownership-lost' });
      expect((await store.readGroup(groupOf('a')))?.spec.paused).toBe(false);
      await store.release(yours);
      await expect(store.transact(groupOf('a'), pause, yours)).rejects.toMatchObject({ code: 'ownership-lost' });
    });

    test('commits what a dead owner asks for before the claim of another host, or not at all', async ({ store, clock }) => {
      await store.createGroup(groupOf('a'), 10);
      await store.join(owner, seconds(10));
      const mine = await claim(store, owner);
      await store.join(you, seconds(20));
      clock.advance(10_001);
      const read = claim(store, you).then(() => store.readGroup(groupOf('a')));
      const committed = store.transact(groupOf('a'), pause, mine).then(
        () => true,
        () => false,
      );
      expect((await read)?.spec.paused).toBe(await committed);
    });

    test('has a host see due groups of its own tenants alone', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      await store.createGroup(groupOf('b', 'other' as TenantId), 10);
      await store.join(owner, seconds(10));
      await store.join(you, seconds(10));
      await claim(store, owner);
      const ids = async (who: HostIncarnation) => (await store.due(who, start, 10)).map(({ groupId }) => groupId);
      expect([await ids(owner), await ids(you), await ids({ ...owner, incarnation: 'a-2' })]).toEqual([['a'], [], []]);
    });

    test('counts tenants from their first group to their last', async ({ store }) => {
      const { tenants } = await store.join(owner, seconds(10));
      await store.createGroup(groupOf('a'), 10);
      await store.createGroup(groupOf('b'), 10);
      const count = async () => (await store.renew(owner, seconds(10), { state: 'live', isCloudHealthy: false }))?.tenants;
      const counted = [tenants, await count()];
      for (const id of ['a', 'b']) {
        await store.transact(groupOf(id), () => ({ change: { removed: { tokens: [] } }, answer: undefined }));
        counted.push((await count()) ?? -1);
      }
      expect(counted).toEqual([0, 1, 1, 0]);
    });
  });
}
