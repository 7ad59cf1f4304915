import { describe, expect, it } from 'vitest';
import type { TenantId } from '../model/identifiers.ts';
import type { HostIncarnation, MemberState, Ownership } from '../model/ownership.ts';
import { seconds } from '../model/time.ts';
import type { OwnershipStore } from '../ports/store.ts';
import type { Clock } from '../ports.ts';

/** Ownership under test, in a store whose clock the test moves. */
export interface OwnershipUnderTest {
  readonly store: OwnershipStore;
  readonly clock: Clock & { advance(milliseconds: number): void };
  /** Gives the tenant its first group, or takes its last one. */
  haveGroups(tenantId: TenantId, has: boolean): Promise<void>;
  /** Ends what the store holds open. */
  readonly close?: () => Promise<void>;
}

const lease = seconds(10);
const tenant = 'tenant' as TenantId;
const other = 'other' as TenantId;
const hostOf = (host: string, life = 1): HostIncarnation => ({ host, incarnation: `${host}-${life}` });
const a = hostOf('a');
const b = hostOf('b');
const live = { state: 'live', isCloudHealthy: false } as const;

/** What every store promises of hosts and their tenants; each implementation runs all of it. */
export function describeOwnership(name: string, make: () => Promise<OwnershipUnderTest>): void {
  const test = (behaviour: string, body: (under: OwnershipUnderTest) => Promise<void>): void =>
    it(behaviour, async () => {
      const under = await make();
      try {
        await body(under);
      } finally {
        await under.close?.();
      }
    });
  describe(`${name}: members`, () => {
    test('shows living hosts by name, and counts those that are neither leaving nor ailing nor skewed', async ({ store }) => {
      const [first, second] = [await store.join(b, lease), await store.join(a, lease)];
      expect([first.liveHosts, second.liveHosts]).toEqual([0, 0]); // neither may have heard that it joined
      expect((await store.renew(b, lease, live))?.liveHosts).toBe(1);
      expect((await store.members()).map(({ host, state }) => [host, state])).toEqual([
        ['a', 'joining'],
        ['b', 'live'],
      ]);
      await store.renew(a, lease, live);
      for (const state of ['leaving', 'ailing', 'skewed'] as const) {
        expect((await store.renew(b, lease, { state, isCloudHealthy: false }))?.liveHosts, state).toBe(1);
        expect((await store.renew(a, lease, live))?.liveHosts, state).toBe(1);
      }
      expect((await store.renew(b, lease, live))?.liveHosts).toBe(2);
    });

    test('lets a host live for its lease from each renewal on, in the time of the store', async ({ store, clock }) => {
      const { storeNow } = await store.join(a, lease);
      expect(storeNow).toBe(clock.now());
      clock.advance(9_000);
      expect((await store.renew(a, lease, live))?.storeNow).toBe(clock.now());
      clock.advance(9_000);
      expect((await store.members()).map(({ until }) => until)).toEqual([clock.now() + 1_000]);
      clock.advance(1_000);
      expect(await store.members()).toEqual([]);
    });

    test('revives no life that ran out, however soon its renewal comes', async ({ store, clock }) => {
      await store.join(a, lease);
      clock.advance(10_000);
      expect(await store.renew(a, lease, live)).toBeUndefined();
      expect([await store.renew(a, lease, live), await store.members()]).toEqual([undefined, []]);
    });

    test('begins each life once', async ({ store, clock }) => {
      await store.join(a, lease);
      await expect(store.join(a, lease)).rejects.toMatchObject({ code: 'host-barred' });
      clock.advance(10_000);
      await expect(store.join(a, lease)).rejects.toMatchObject({ code: 'host-barred' });
      await expect(store.join(hostOf('a', 2), lease)).resolves.toMatchObject({ owned: 0 });
    });

    test('begins no life that was left before', async ({ store }) => {
      await store.leave(a);
      await expect(store.join(a, lease)).rejects.toMatchObject({ code: 'host-barred' });
      expect(await store.members()).toEqual([]);
    });

    test('ends a life that is left, releases what it owned, and does so once', async ({ store }) => {
      await store.join(a, lease);
      await store.leave(a);
      await store.leave(a);
      expect([await store.renew(a, lease, live), await store.members()]).toEqual([undefined, []]);
    });

    test('tells when the cloud of another live host last answered well', async ({ store, clock }) => {
      await store.join(a, lease);
      await store.join(b, lease);
      const report = async (member: HostIncarnation, isCloudHealthy: boolean, state: MemberState = 'live') =>
        (await store.renew(member, lease, { state, isCloudHealthy }))?.healthyElsewhereAt;
      expect([await report(a, true), await report(a, true)]).toEqual([null, null]);
      const answeredAt = clock.now();
      clock.advance(3_000);
      expect(await report(b, false)).toBe(answeredAt);
      expect(await report(a, false)).toBeNull();
      await report(a, false, 'leaving');
      expect(await report(b, false)).toBeNull();
    });
  });
  describe(`${name}: tenants`, () => {
    /** Claims as a host does: for the epoch that the tenant has. */
    const claim = async ({ store }: OwnershipUnderTest, owner: HostIncarnation, tenantId = tenant): Promise<Ownership | undefined> => {
      const found = await store.unownedTenant(tenantId);
      return found && store.claim(owner, tenantId, found.epoch);
    };
    const owned = async (under: OwnershipUnderTest, owner: HostIncarnation, tenantId = tenant): Promise<Ownership> => {
      const ownership = await claim(under, owner, tenantId);
      if (ownership === undefined) throw new Error(`${owner.host} could not claim ${tenantId}`);
      return ownership;
    };

    test('gives a tenant with groups to a live host, and to no other while that one lives', async (under) => {
      const { store, clock, haveGroups } = under;
      await store.join(a, lease);
      await store.join(b, lease);
      expect(await store.claim(a, tenant, 0)).toBeUndefined(); // it has no groups
      await haveGroups(tenant, true);
      const mine = await owned(under, a);
      expect([mine.tenantId, mine.owner]).toEqual([tenant, a]);
      expect([await claim(under, b), await store.claim(b, tenant, mine.epoch), await store.claim(a, tenant, mine.epoch)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      clock.advance(9_999);
      await store.renew(a, lease, live);
      clock.advance(9_999);
      expect([await store.ownedBy(a), await store.ownedBy(b)]).toEqual([[mine], []]);
    });

    test('gives a tenant that two hosts claim at once to one of them', async ({ store, haveGroups }) => {
      await store.join(a, lease);
      await store.join(b, lease);
      await haveGroups(tenant, true);
      const epoch = (await store.unownedTenant(tenant))?.epoch ?? -1;
      const claims = await Promise.all([store.claim(a, tenant, epoch), store.claim(b, tenant, epoch)]);
      expect(claims.filter((ownership) => ownership !== undefined)).toHaveLength(1);
      const all = [...(await store.ownedBy(a)), ...(await store.ownedBy(b))];
      expect(all).toEqual(claims.filter((ownership) => ownership !== undefined));
    });

    test('raises the epoch at every claim, and grants none for an epoch that has passed', async (under) => {
      const { store, haveGroups } = under;
      await store.join(a, lease);
      await store.join(b, lease);
      await haveGroups(tenant, true);
      const first = await owned(under, a);
      await store.release(first);
      const seen = (await store.unownedTenant(tenant))?.epoch ?? -1;
      const second = await owned(under, a);
      await store.release(second);
      expect(await store.claim(b, tenant, seen)).toBeUndefined();
      const third = await owned(under, b);
      expect([second.epoch > first.epoch, third.epoch > second.epoch]).toEqual([true, true]);
    });

    test('gives no epoch twice to a tenant that lost its last group and has groups again', async (under) => {
      const { store, haveGroups } = under;
      await store.join(a, lease);
      await haveGroups(tenant, true);
      const before = await owned(under, a);
      await haveGroups(tenant, false);
      expect(await store.ownedBy(a)).toEqual([before]);
      await store.release(before);
      expect([await store.ownedBy(a), await store.unownedTenant(tenant), await store.unowned(9)]).toEqual([[], undefined, []]);
      await haveGroups(tenant, true);
      expect(await store.claim(a, tenant, before.epoch - 1)).toBeUndefined();
      expect((await owned(under, a)).epoch).toBeGreaterThan(before.epoch);
    });

    test('gives nothing to a host that is not live', async (under) => {
      const { store, clock, haveGroups } = under;
      await haveGroups(tenant, true);
      expect(await claim(under, a), 'that never joined').toBeUndefined();
      await store.join(a, lease);
      for (const state of ['leaving', 'ailing', 'skewed'] as const) {
        await store.renew(a, lease, { state, isCloudHealthy: false });
        expect(await claim(under, a), state).toBeUndefined();
      }
      await store.renew(a, lease, live);
      clock.advance(10_000);
      expect(await claim(under, a), 'that is dead').toBeUndefined();
    });

    test('ends the life of a dead owner with the claim of a tenant of its, so that its renewal finds nothing', async (under) => {
      const { store, clock, haveGroups } = under;
      await store.join(a, lease);
      await haveGroups(tenant, true);
      await haveGroups(other, true);
      await owned(under, a);
      const theirs = await owned(under, a, other);
      clock.advance(9_000);
      await store.join(b, lease);
      clock.advance(1_000);
      const [renewed, claimed] = await Promise.all([store.renew(a, lease, live), claim(under, b)]);
      expect([renewed, claimed?.owner]).toEqual([undefined, b]);
      expect([await store.renew(a, lease, live), await store.ownedBy(a)]).toEqual([undefined, []]);
      expect(await store.unownedTenant(other)).toMatchObject({ since: clock.now() });
      await store.release(theirs);
      expect((await store.ownedBy(b)).map(({ tenantId }) => tenantId)).toEqual([tenant]);
    });

    test('frees a tenant that is released, and none that is no longer owned so', async (under) => {
      const { store, haveGroups } = under;
      await store.join(a, lease);
      await store.join(b, lease);
      await haveGroups(tenant, true);
      const first = await owned(under, a);
      await store.release(first);
      const second = await owned(under, b);
      await Promise.all([store.release(first), store.release({ ...second, owner: a }), store.release({ ...second, epoch: first.epoch })]);
      expect(await store.ownedBy(b)).toEqual([second]);
      await store.release(second);
      expect(await store.ownedBy(b)).toEqual([]);
    });

    test('frees all of a host that leaves', async (under) => {
      const { store, haveGroups } = under;
      await store.join(a, lease);
      await store.join(b, lease);
      for (const one of [tenant, other]) await haveGroups(one, true);
      for (const one of [tenant, other]) await owned(under, a, one);
      await store.leave(a);
      expect(await store.ownedBy(a)).toEqual([]);
      await Promise.all([owned(under, b), owned(under, b, other)]);
      await store.leave(a);
      expect(await store.ownedBy(b)).toHaveLength(2);
    });

    test('lists what no living host owns, the longest unowned first', async (under) => {
      const { store, clock, haveGroups } = under;
      const at = clock.now();
      await store.join(a, seconds(20));
      await store.join(b, lease);
      const names = ['v', 'w', 'x', 'y', 'z'] as const;
      for (const one of names) await haveGroups(one as TenantId, true);
      await owned(under, b, 'z' as TenantId); // dead after ten seconds
      const released = await owned(under, a, 'w' as TenantId);
      await owned(under, a, 'x' as TenantId);
      clock.advance(4_000);
      await store.release(released);
      clock.advance(8_000);
      expect((await store.unowned(9)).map(({ tenantId, since }) => [tenantId, since - at])).toEqual([
        ['v', 0],
        ['y', 0],
        ['w', 4_000],
        ['z', 10_000],
      ]);
      expect((await store.unowned(2)).map(({ tenantId }) => tenantId)).toEqual(['v', 'y']);
      expect(await store.unownedTenant('x' as TenantId)).toBeUndefined();
    });

    test('tells with each heartbeat what the host owns, and what there is', async (under) => {
      const { store, haveGroups } = under;
      await haveGroups(tenant, true);
      expect(await store.join(a, lease)).toMatchObject({ owned: 0, highestEpoch: 0, tenants: 1, unowned: 1, liveHosts: 0 });
      expect(await store.renew(a, lease, live)).toMatchObject({ owned: 0, highestEpoch: 0, tenants: 1, unowned: 1, liveHosts: 1 });
      await store.join(b, lease);
      await store.renew(b, lease, live);
      const mine = await owned(under, a);
      await haveGroups(other, true);
      const next = await owned(under, a, other);
      await haveGroups('third' as TenantId, true);
      expect(await store.renew(a, lease, live)).toMatchObject({ owned: 2, highestEpoch: next.epoch, tenants: 3, unowned: 1, liveHosts: 2 });
      expect(await store.renew(b, lease, live)).toMatchObject({ owned: 0, highestEpoch: 0, tenants: 3, unowned: 1 });
      await store.release(next);
      expect(await store.renew(a, lease, live)).toMatchObject({ owned: 1, highestEpoch: mine.epoch, unowned: 2 });
    });

    test('bars all that lived before, and raises every epoch', async (under) => {
      const { store, haveGroups } = under;
      await store.join(a, lease);
      await haveGroups(tenant, true);
      const before = await owned(under, a);
      await store.barAll();
      expect([await store.renew(a, lease, live), await store.members(), await store.ownedBy(a)]).toEqual([undefined, [], []]);
      await expect(store.join(a, lease)).rejects.toMatchObject({ code: 'host-barred' });
      await store.join(hostOf('a', 2), lease);
      expect(await store.claim(hostOf('a', 2), tenant, before.epoch)).toBeUndefined();
      expect((await owned(under, hostOf('a', 2))).epoch).toBeGreaterThan(before.epoch + 1);
    });
  });
}
