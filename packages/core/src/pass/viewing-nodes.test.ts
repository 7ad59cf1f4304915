import { describe, expect, it } from 'vitest';
import type { GroupId, PoolId, ServerId } from '../model/identifiers.ts';
import type { GroupSpec, Intent, ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { epochMs, milliseconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { unboundedHealing } from '../planner/healing.ts';
import { aGroup, aKnown, aListing, aNode, aServer, balancer } from '../testing/parts.ts';
import { compareWithListing } from './discrepancies.ts';
import type { Listing } from './listing.ts';
import { viewGroup } from './viewing.ts';

const healing = { maxUnhealthyFraction: 0.5, maxConcurrentReplacements: 3 };
/** The group, of which the cloud says that all who are missing or doubtful are gone. */
function view(group: ScalingGroup, listing: Listing) {
  const discrepancies = compareWithListing(group, listing);
  const confirmations = new Map([...discrepancies.unlisted, ...discrepancies.outdated].map(({ id }) => [id, 'gone' as const]));
  const answers = { discrepancies, confirmations, sightings: new Map() };
  return viewGroup(group, listing, answers, epochMs(0), { ...options, healing });
}
const cloudNow = epochMs(5000);

describe('viewGroup of nodes', () => {
  it('sees the nodes at the addresses of its servers, and the memberships of these, no others', () => {
    const servers = [aServer(1), aServer(2, { servicenetAddress: '' })];
    const nodes = [aNode(1), aNode(1, { id: 'n1b' as never, port: 81 }), aNode(2), aNode(3), aNode(4, { address: '' })];
    const members = [1, 2, 3].map((n) => ({ poolId: 'p' as PoolId, serverId: `s${n}` as ServerId }));
    const { observed } = view(aGroup([aKnown(1), aKnown(2, { servicenetAddress: '' })]), aListing(servers, { nodes, members }));
    expect(observed.nodes.map(({ id }) => id)).toEqual(['n1', 'n1b']);
    expect(observed.poolMembers.map(({ serverId }) => serverId)).toEqual(['s1', 's2']);
  });

  it('leaves the pool membership of a server that was deleted to the group that the listing shows it with', () => {
    const group = aGroup([aKnown(1, { state: 'DELETED', active: false })]);
    const members = [{ poolId: 'p' as PoolId, serverId: 's1' as ServerId }];
    const cleanedUp = (servers: readonly Server[]): number => view(group, aListing(servers, { members })).observed.poolMembers.length;
    expect([cleanedUp([]), cleanedUp([aServer(1, { groupId: 'other' as GroupId })])]).toEqual([1, 0]);
  });

  describe('that drain', () => {
    const draining = aNode(1, { condition: 'DRAINING' });
    const stored: Intent = { kind: 'drain', loadBalancerId: balancer, nodeId: draining.id, since: epochMs(3000) };
    const look = (node: typeof draining, intent?: Intent) => {
      const group = aGroup([aKnown(1)], { intents: intent === undefined ? {} : { 'drain:7:n1': intent } });
      const { observed, intents } = view(group, aListing([aServer(1)], { nodes: [node], cloudNow }));
      return [observed.nodes[0]?.drainingSince, intents];
    };

    it('have done so since the cloud says', () => {
      expect(look({ ...draining, drainingSince: epochMs(1000) }, stored)).toEqual([1000, {}]);
    });

    it("have done so since then in the servers' time, though the load balancers' clock is ahead of it or behind", () => {
      const since = (ahead: number) =>
        view(
          aGroup([aKnown(1)]),
          aListing([aServer(1)], { nodes: [{ ...draining, drainingSince: epochMs(1000) }], loadBalancersAhead: milliseconds(ahead) }),
        ).observed.nodes[0]?.drainingSince;
      expect([since(-400), since(0), since(400)]).toEqual([1400, 1000, 600]);
    });

    it('have done so, where it does not say, since they were first seen so, in its time', () => {
      expect(look(draining)).toEqual([5000, { 'drain:7:n1': { ...stored, since: 5000 } }]);
      expect(look(draining, stored)).toEqual([3000, { 'drain:7:n1': stored }]);
    });

    it('are forgotten when they drain no more', () => {
      expect(look({ ...draining, condition: 'ENABLED' }, stored)).toEqual([undefined, {}]);
    });
  });
});

describe('viewGroup of a server that is gone', () => {
  const group = aGroup([aKnown(1, { links: ['link'] })]);

  it('hands nodes at its address to nobody, whoever has it by now', () => {
    const { servers, observed, known, ended } = view(group, aListing([], { nodes: [aNode(1)] }));
    expect([servers, observed.nodes, known, [...ended]]).toEqual([[], [], {}, ['s1']]);
    const shown = view(group, aListing([aServer(1, { state: 'DELETED' })], { nodes: [aNode(1)] }));
    expect([shown.observed.nodes, [...shown.ended]]).toEqual([[], ['s1']]);
    const again = view(aGroup([aKnown(1, { state: 'DELETED' })]), aListing([aServer(1, { state: 'DELETED' })]));
    expect([...again.ended]).toEqual([]);
  });

  it('cleans up after it while it is in a pool', () => {
    const { servers } = view(group, aListing([], { members: [{ poolId: 'p' as PoolId, serverId: 's1' as ServerId }] }));
    expect(servers).toMatchObject([{ id: 's1', state: 'DELETED' }]);
  });

  it('is kept while the listing still shows it, and is not taken for one that ended now', () => {
    const seen = view(group, aListing([aServer(1, { state: 'BUILD' })], { nodes: [aNode(1)] }));
    expect(seen).toMatchObject({ servers: [], known: { s1: { state: 'DELETED', active: false } }, observed: { nodes: [] } });
    expect(seen.ended.size).toBe(0);
  });
});

describe('viewGroup of load balancers that could not be read', () => {
  const why = { reason: '500', missing: false };
  const { healthMonitors: none, nodeCounts } = aListing([], { healthMonitors: new Map(), nodeCounts: new Map() });
  /** A look at the whole tenant that could not read the group's load balancer, or another. */
  const blind = (servers: readonly Server[], changes: Partial<Listing> = {}): Listing =>
    aListing(servers, { healthMonitors: none, nodeCounts, unread: new Map([[balancer, why]]), ...changes });

  it('hands on which they are, and why', () => {
    expect(view(aGroup([]), blind([])).observed.unread).toEqual({ loadBalancers: new Map([[balancer, why]]), pools: undefined });
    expect(view(aGroup([]), aListing([], { poolsUnread: why })).observed.unread?.pools).toEqual(why);
  });

  it('lets a server be in service there that was so before, and no other', () => {
    const { known } = view(aGroup([aKnown(1), aKnown(2, { active: false })]), blind([aServer(1), aServer(2)]));
    expect(Object.values(known).map(({ active }) => active)).toEqual([true, false]);
    const inPool = { desiredLoadBalancers: [{ kind: 'rcv3', poolId: 'p' as PoolId } as const] };
    const pooled = view(
      aGroup([aKnown(1), aKnown(2, { active: false })]),
      aListing([aServer(1, inPool), aServer(2, inPool)], { poolsUnread: why }),
    );
    expect(Object.values(pooled.known).map(({ active }) => active)).toEqual([true, false]);
    expect(Object.values(view(aGroup([aKnown(1)]), aListing([aServer(1)])).known)).toMatchObject([{ active: false }]); // it was read, and has no node there
  });

  it('does not forget since when nodes drain there', () => {
    const drain: Intent = { kind: 'drain', loadBalancerId: balancer, nodeId: aNode(1).id, since: epochMs(3000) };
    const group = aGroup([aKnown(1)], { intents: { 'drain:7:n1': drain } });
    expect(view(group, blind([aServer(1)])).intents).toEqual({ 'drain:7:n1': drain });
    expect(view(group, blind([aServer(1)], { unread: new Map(), unlisted: why })).intents).toEqual({ 'drain:7:n1': drain });
    expect(view(group, aListing([aServer(1)])).intents).toEqual({});
  });

  it('goes on with a server that is gone until it is seen what it left in pools', () => {
    const pooled = aGroup([aKnown(1, { loadBalancers: [], pooled: true })]);
    expect(view(pooled, aListing([], { poolsUnread: why })).servers).toMatchObject([
      { id: 's1', desiredLoadBalancers: [{ kind: 'rcv3' }] },
    ]);
    expect(view(pooled, aListing([])).known).toEqual({});
  });
});

describe('viewGroup of the spec', () => {
  const desired = (spec: Partial<GroupSpec>, brake: ScalingGroup['progress']['brake'] = null) =>
    view(aGroup([], { spec, progress: { brake } }), aListing([])).desired;
  const launch = (draining_timeout: number) => ({
    launchConfiguration: { type: 'launch_server', args: { server: {}, draining_timeout } } as const,
  });

  it('wants nothing of a group that is being deleted, and brakes nothing', () => {
    expect(desired({ desired: 5 })).toMatchObject({ capacity: 5, healing, drainingTimeout: 0 });
    expect(desired({ desired: 5, deleting: true })).toMatchObject({ capacity: 0, healing: unboundedHealing });
  });

  it('drains for as many seconds as the launch configuration says', () => {
    expect(desired(launch(30)).drainingTimeout).toBe(30_000);
  });

  it('knows which removals are to delete', () => {
    const removal = (id: string, purge: boolean) => ({ serverId: id as ServerId, purge, at: epochMs(0) });
    expect([...desired({ removals: { s1: removal('s1', true), s2: removal('s2', false) } as never }).removals]).toEqual([
      ['s1', true],
      ['s2', false],
    ]);
  });

  it('lifts the brake for somebody who has looked since it engaged, but not the budget', () => {
    const brakes = (releases: number, released: boolean) => desired({ generation: 9, releases: 3 }, { releases, released }).healing;
    const lifted = { ...healing, maxUnhealthyFraction: null };
    expect([brakes(3, false), brakes(2, false), brakes(3, true)]).toEqual([healing, lifted, lifted]);
  });
});
