import { describe, expect, it } from 'vitest';
import { newGroup } from '../commands/creating.ts';
import type { GroupChange } from '../model/group-change.ts';
import type { GroupId, LoadBalancerId, ServerId, TenantId } from '../model/identifiers.ts';
import type { JsonObject } from '../model/json.ts';
import { type NodeRecord, nodeRecordKey } from '../model/node-record.ts';
import type { GroupSpec, ScalingGroup } from '../model/scaling-group.ts';
import type { SwitchNote } from '../model/switches.ts';
import { epochMs, later, seconds } from '../model/time.ts';
import type { StoreBounds } from '../ports/store.ts';
import type { Store } from '../ports.ts';
import { claimed, owner } from './owning.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** The bounds that a store under test has. */
export const tenantBounds: Pick<StoreBounds, 'nodeRecordsPerTenant' | 'tombstonesPerTenant' | 'tombstoneAge'> = {
  nodeRecordsPerTenant: 3,
  tombstonesPerTenant: 3,
  tombstoneAge: seconds(86_400),
};

const tenant = 'tenant' as TenantId;
const other = 'other' as TenantId;
const hour = seconds(3600);
const unnamed: SwitchNote = { by: null, reason: null };
const start = epochMs(1_790_000_000_000);

const groupOf = (id: string, tenantId: TenantId = tenant): ScalingGroup =>
  newGroup(
    { tenantId, groupId: id as GroupId },
    { name: id, cooldown: 0, minEntities: 0, maxEntities: 9, metadata: {} },
    { type: 'launch_server', args: { server: {} } },
    [],
    start,
  );
const commit = (store: Store, group: ScalingGroup, change: GroupChange): Promise<null> =>
  store.transact(group, () => ({ change, answer: null }));
const remove = (store: Store, group: ScalingGroup, ...tokens: string[]): Promise<null> => commit(store, group, { removed: { tokens } });
const record = (server: string, age = 0, changes: Partial<NodeRecord> = {}): NodeRecord => ({
  ...{ groupId: 'a' as GroupId, serverId: server as ServerId, loadBalancerId: '1' as LoadBalancerId },
  ...{ address: '10.0.0.1', port: 80, nodeId: null, at: epochMs(start - age), removedAt: null, missedAt: null, vacantAt: null },
  ...changes,
});

/** What every store promises of what it keeps of a tenant beside its groups, and of switches; each implementation runs all of it. */
export function describeTenants(name: string, make: (bounds: typeof tenantBounds) => Promise<StoreUnderTest>): void {
  const test = (behaviour: string, body: (under: StoreUnderTest) => Promise<void>): void =>
    it(behaviour, async () => {
      const under = await make(tenantBounds);
      try {
        await body(under);
      } finally {
        await under.close?.();
      }
    });

  describe(`${name}: node records`, () => {
    test('commits them with a change of a group, by tenant and ascending key', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      await store.createGroup(groupOf('b'), 10);
      await commit(store, groupOf('a'), { records: { put: [record('t'), record('s')] } });
      const seen = record('s', 0, { nodeId: '7' as NonNullable<NodeRecord['nodeId']> });
      await commit(store, groupOf('b'), { records: { put: [seen], deleted: [nodeRecordKey(record('t'))] } });
      expect([await store.nodeRecords(tenant), await store.nodeRecords(other)]).toEqual([[seen], []]);
      await commit(store, groupOf('b'), { records: { put: [record('t'), record('s', 0, { address: '10.0.0.2' })] } });
      const keys = (await store.nodeRecords(tenant)).map(nodeRecordKey);
      expect([keys, keys.length]).toEqual([keys.toSorted(), 3]);
    });

    test('lets the eldest go beyond its bound, and keeps them when their group goes', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      await commit(store, groupOf('a'), { records: { put: [record('x', 9), record('a', 8), record('y', 7), record('b', 6)] } });
      await remove(store, groupOf('a'));
      expect((await store.nodeRecords(tenant)).map(({ serverId }) => serverId)).toEqual(['a', 'b', 'y']);
    });

    test('commits none of a transaction that is refused', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      const fail = (): never => {
        throw new Error('no');
      };
      await expect(store.transact(groupOf('a'), fail)).rejects.toThrow('no');
      await expect(
        commit(store, groupOf('gone'), { records: { put: [record('s')] }, creates: { count: 5, most: null } }),
      ).rejects.toMatchObject({
        effect: 'refused',
      });
      expect([await store.nodeRecords(tenant), (await store.createsWithin(tenant, hour)).count]).toEqual([[], 0]);
    });
  });

  describe(`${name}: tombstones`, () => {
    test('keeps what a removed group leaves for a day, the eldest first, and no more than its bound', async ({ store, clock }) => {
      for (const id of ['d', 'c', 'b', 'a']) {
        await store.createGroup(groupOf(id), 10);
        await remove(store, groupOf(id), `of ${id}`);
        clock.advance(1000);
      }
      const left = await store.tombstones(tenant);
      expect(left.map(({ groupId, tokens }) => [groupId, ...tokens])).toEqual([
        ['c', 'of c'],
        ['b', 'of b'],
        ['a', 'of a'],
      ]);
      expect(left[2]?.at).toBe(later(start, seconds(3)));
      expect(await store.tombstones(other)).toEqual([]);
      clock.advance(86_400_000 - 1001);
      expect((await store.tombstones(tenant)).map(({ groupId }) => groupId)).toEqual(['a']);
      clock.advance(1);
      expect(await store.tombstones(tenant)).toEqual([]);
    });
  });

  describe(`${name}: creates`, () => {
    test('counts those of a tenant within the hour, over its groups, to the minute', async ({ store, clock }) => {
      for (const group of [groupOf('a'), groupOf('b'), groupOf('a', other)]) await store.createGroup(group, 10);
      expect(await store.createsWithin(tenant, hour)).toEqual({ count: 0, since: null });
      await commit(store, groupOf('a'), { creates: { count: 4, most: null } });
      clock.advance(120_000);
      await commit(store, groupOf('b'), { creates: { count: 3, most: null } });
      await commit(store, groupOf('b'), { creates: { count: -1, most: null } });
      expect(await store.createsWithin(tenant, hour)).toMatchObject({ count: 6 });
      expect(await store.createsWithin(tenant, seconds(60))).toMatchObject({ count: 2 });
      expect((await store.createsWithin(other, hour)).count).toBe(0);
      clock.advance(3_600_000 - 120_000 - 1);
      expect((await store.createsWithin(tenant, hour)).count).toBe(6);
      clock.advance(60_000);
      const { count, since } = await store.createsWithin(tenant, hour);
      expect(count).toBe(2);
      expect(Math.abs((since ?? 0) - later(start, seconds(120)))).toBeLessThanOrEqual(60_000);
    });

    test('remembers them when the group goes, and never counts fewer than none', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      await store.createGroup(groupOf('b'), 10);
      await commit(store, groupOf('a'), { creates: { count: 2, most: null } });
      await remove(store, groupOf('a'));
      expect((await store.createsWithin(tenant, hour)).count).toBe(2);
      await commit(store, groupOf('b'), { creates: { count: -5, most: null } });
      await commit(store, groupOf('b'), { creates: { count: 1, most: null } });
      expect((await store.createsWithin(tenant, hour)).count).toBe(1);
    });
  });

  describe(`${name}: the bound on creates`, () => {
    const creates = (count: number, most: number | null) => ({ creates: { count, most } });

    test('refuses a change that would bring the creates of the hour above it, and commits nothing of it', async ({ store, clock }) => {
      for (const id of ['a', 'b']) await store.createGroup(groupOf(id), 10);
      await commit(store, groupOf('a'), creates(4, 5));
      const { spec } = groupOf('b');
      const change = { ...creates(2, 5), spec: { ...spec, paused: true }, records: { put: [record('s')] } };
      await expect(commit(store, groupOf('b'), change)).rejects.toMatchObject({ code: 'creates-over-limit', effect: 'refused' });
      expect([(await store.readGroup(groupOf('b')))?.spec.paused, await store.nodeRecords(tenant)]).toEqual([false, []]);
      await commit(store, groupOf('b'), creates(1, 5));
      await expect(commit(store, groupOf('a'), creates(1, 5))).rejects.toMatchObject({ code: 'creates-over-limit' });
      await commit(store, groupOf('a'), creates(-1, 5));
      await commit(store, groupOf('a'), creates(1, 5));
      expect((await store.createsWithin(tenant, hour)).count).toBe(5);
      clock.advance(3_660_000);
      await commit(store, groupOf('a'), creates(5, 5));
      await commit(store, groupOf('a'), creates(9, null));
      await commit(store, groupOf('a'), creates(-1, 5)); // what was made under another bound is taken back all the same
      expect((await store.createsWithin(tenant, hour)).count).toBe(13);
    });

    test('holds for changes of several groups that are asked for at once', async ({ store }) => {
      const groups = ['a', 'b', 'c', 'd', 'e'].map((id) => groupOf(id));
      for (const group of groups) await store.createGroup(group, 10);
      const ends = await Promise.allSettled(groups.map((group) => commit(store, group, creates(4, 10))));
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
      expect((await store.createsWithin(tenant, hour)).count).toBe(8);
    });
  });

  describe(`${name}: credentials`, () => {
    test('gives back what was set for a tenant, with or without groups, until it is removed', async ({ store }) => {
      const credentials: JsonObject = { username: 'u', apiKey: 'k', nested: { list: [1, null] } };
      expect(await store.credentials(tenant)).toBeUndefined();
      await store.setCredentials(tenant, { username: 'old' });
      await store.setCredentials(tenant, credentials);
      expect([await store.credentials(tenant), await store.credentials(other)]).toEqual([credentials, undefined]);
      await store.setCredentials(tenant, undefined);
      await store.setCredentials(tenant, undefined);
      expect(await store.credentials(tenant)).toBeUndefined();
    });
  });

  describe(`${name}: switches`, () => {
    test('shows what is set, since when, by whom and why, and nothing at first', async ({ store, clock }) => {
      expect(await store.switches()).toEqual({ stopAll: null, observedTenants: [], observedGroups: [] });
      for (const id of ['b', 'a']) await store.createGroup(groupOf(id), 10);
      const ann = { by: 'ann', reason: 'an outage' };
      const since = clock.now();
      for (const tenantId of [tenant, other]) await store.setObserveOnly(tenantId, undefined, ann);
      for (const id of ['b', 'a']) await store.setObserveOnly(tenant, id as GroupId, unnamed);
      await store.setStopAll(unnamed);
      const observedGroups = ['a', 'b'].map((groupId) => ({ tenantId: tenant, groupId, since, ...unnamed }));
      const observedTenants = [other, tenant].map((tenantId) => ({ tenantId, since, ...ann }));
      expect(await store.switches()).toEqual({ stopAll: { since, ...unnamed }, observedTenants, observedGroups });
      for (const tenantId of [other, tenant]) await store.setObserveOnly(tenantId, undefined, null);
      await store.setStopAll(null);
      expect(await store.switches()).toEqual({ stopAll: null, observedTenants: [], observedGroups });
      for (const id of ['b', 'a', 'none']) await store.setObserveOnly(tenant, id as GroupId, null);
      await store.setStopAll(null);
      expect(await store.switches()).toEqual({ stopAll: null, observedTenants: [], observedGroups: [] });
    });

    test('keeps since when a switch is set, and why until another reason is given', async ({ store, clock }) => {
      const since = clock.now();
      const shown = async () => [(await store.switches()).stopAll, (await store.switches()).observedTenants[0]];
      const set = async (by: string, reason: string | null): Promise<void> => {
        await store.setStopAll({ by, reason });
        await store.setObserveOnly(tenant, undefined, { by, reason });
        clock.advance(1000);
      };
      const isShown = async (by: string, reason: string | null): Promise<void> =>
        expect(await shown()).toEqual([
          { since, by, reason },
          { tenantId: tenant, since, by, reason },
        ]);
      await set('ann', null);
      await isShown('ann', null);
      await set('bob', 'a flood');
      await isShown('bob', 'a flood');
      await set('cid', null);
      await isShown('bob', 'a flood');
    });

    test('tells every host with its heartbeat what stops all', async ({ store, clock }) => {
      await store.createGroup(groupOf('a'), 10);
      const since = clock.now();
      await store.setObserveOnly(tenant, undefined, unnamed);
      expect((await store.join(owner, seconds(10))).stopAll).toBeNull();
      await store.setStopAll({ by: 'ann', reason: null });
      const beat = () => store.renew(owner, seconds(10), { state: 'live', isCloudHealthy: true });
      expect((await beat())?.stopAll).toEqual({ since, by: 'ann', reason: null });
      await store.setStopAll(null);
      expect((await beat())?.stopAll).toBeNull();
    });

    test('observes no group that there is none of, and none that has gone', async ({ store }) => {
      await expect(store.setObserveOnly(tenant, 'a' as GroupId, unnamed)).rejects.toMatchObject({ code: 'group-not-found' });
      await store.createGroup(groupOf('a'), 10);
      await store.setObserveOnly(tenant, 'a' as GroupId, unnamed);
      await remove(store, groupOf('a'));
      expect((await store.switches()).observedGroups).toEqual([]);
    });

    test('lets a group converge while no switch, pause or suspension holds it; a deleting one is held by switches alone', async ({
      store,
    }) => {
      await store.createGroup(groupOf('a'), 10);
      await store.join(owner, seconds(10));
      const ownership = await claimed(store, tenant);
      const may = () => store.mayConverge(groupOf('a'), ownership);
      const become = (changes: Partial<GroupSpec>) =>
        store.transact(groupOf('a'), ({ spec }) => ({ change: { spec: { ...spec, ...changes } }, answer: null }));
      expect(await may()).toBe(true);
      expect(await store.mayConverge(groupOf('gone'), ownership)).toBe(false);
      for (const held of [{ paused: true }, { paused: false, suspended: true }]) {
        await become(held);
        expect(await may()).toBe(false);
      }
      await become({ paused: true, deleting: true });
      expect(await may()).toBe(true);
      for (const set of [
        (note: SwitchNote | null) => store.setStopAll(note),
        (note: SwitchNote | null) => store.setObserveOnly(tenant, undefined, note),
        (note: SwitchNote | null) => store.setObserveOnly(tenant, 'a' as GroupId, note),
      ]) {
        await set(unnamed);
        expect(await may()).toBe(false);
        await set(null);
        expect(await may()).toBe(true);
      }
    });

    test('lets no group converge whose tenant another host has taken', async ({ store, clock }) => {
      await store.createGroup(groupOf('a'), 10);
      await store.join(owner, seconds(10));
      const ownership = await claimed(store, tenant);
      clock.advance(10_001);
      const you = { host: 'b', incarnation: 'b-1' };
      await store.join(you, seconds(10));
      await claimed(store, tenant, you);
      expect(await store.mayConverge(groupOf('a'), ownership)).toBe(false);
    });
  });

  describe(`${name}: the end`, () => {
    test('refuses every call after it was closed, more than once too, and says that nothing was done', async ({ store }) => {
      await store.createGroup(groupOf('a'), 10);
      const underway = store.readGroup(groupOf('a'));
      await store.close();
      await store.close();
      expect(await underway).toBeDefined();
      const refused = { code: 'unavailable', effect: 'refused' };
      await expect(store.readGroup(groupOf('a'))).rejects.toMatchObject(refused);
      await expect(commit(store, groupOf('a'), {})).rejects.toMatchObject(refused);
      await expect(store.createGroup(groupOf('b'), 10)).rejects.toMatchObject(refused);
      await expect(store.setStopAll(unnamed)).rejects.toMatchObject(refused);
    });
  });
}
