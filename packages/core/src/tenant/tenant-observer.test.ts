import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { LoadBalancerId, PoolId, TenantId } from '../model/identifiers.ts';
import type { LoadBalancer } from '../model/load-balancer.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { epochMs, milliseconds, seconds } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import type { Listing, ListingScope } from '../pass/listing.ts';
import { noMetrics, silentLog } from '../ports.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { aBalancer, aGroup, aKnown, aNode, aServer } from '../testing/parts.ts';
import { ServiceClocks } from './service-clocks.ts';
import { TenantObserver } from './tenant-observer.ts';

/** Servers of nobody's group. */
const some = (count: number): readonly Server[] => Array.from({ length: count }, (_, n) => aServer(n, { groupId: undefined }));
const at = (id: string) =>
  ({ kind: 'clb', loadBalancerId: id as LoadBalancerId, port: 80, weight: 1, condition: 'ENABLED', type: 'PRIMARY' }) as const;
/** A load balancer with a node at 10.0.0.1. */
const balancerOf = (id: LoadBalancerId): LoadBalancer => aBalancer([aNode(1, { loadBalancerId: id })], id);
/** A group whose new servers are to be on these load balancers. */
const groupOn = (...ids: readonly string[]): ScalingGroup => {
  const loadBalancers = ids.map((loadBalancerId) => ({ loadBalancerId, port: 80 }));
  return aGroup([], { spec: { launchConfiguration: { type: 'launch_server', args: { server: {}, loadBalancers } } } });
};
const inPool: ScalingGroup = aGroup([], {
  spec: {
    launchConfiguration: { type: 'launch_server', args: { server: {}, loadBalancers: [{ loadBalancerId: 'p', type: 'RackConnectV3' }] } },
  },
});

/** A tenant with load balancers 1 to 5, whose servers the test changes. */
function setUp(options = {}) {
  const clock = new HandClock();
  const world: {
    servers: readonly Server[];
    next: readonly (readonly Server[])[];
    balancers: string[];
    listed?: string[];
    /** How load balancer 1 is shown. */
    first?: LoadBalancer;
    broken: string;
    /** What is not there by the catalog; what is never answered; load balancers that the list of all cannot read. */
    lacks: string;
    hangs: readonly string[];
    unread: readonly string[];
  } = {
    servers: [],
    next: [],
    balancers: ['1', '2', '3', '4', '5'],
    broken: '',
    lacks: '',
    hangs: [],
    unread: [],
  };
  const asked: string[] = [];
  const answer = async <T>(name: string, value: () => T): Promise<T> => {
    asked.push(name);
    await settled();
    if (world.hangs.includes(name)) await new Promise(() => {});
    if (world.lacks === name) throw new CloudError('no-such-service', 'no', { tenantMessage: 'Could not locate service' });
    if (world.broken === name) throw new CloudError('server-fault', `${name} is broken`);
    return value();
  };
  const cloud = {
    listServers: () =>
      answer('servers', () => {
        const [first, ...rest] = world.next;
        world.next = rest;
        return { servers: first ?? world.servers, cloudNow: epochMs(7000) };
      }),
    listLoadBalancers: () =>
      answer('all', () => ({
        loadBalancers: (world.listed ?? world.balancers)
          .filter((id) => !world.unread.includes(id))
          .map((id) => balancerOf(id as LoadBalancerId)),
        unread: world.unread.map((id) => ({ id: id as LoadBalancerId, reason: `${id} is silent` })),
        cloudNow: epochMs(57_000),
      })),
    getLoadBalancer: (id: LoadBalancerId) =>
      answer(id, (): LoadBalancer | undefined => {
        if (id === '1' && world.first !== undefined) return world.first;
        return world.balancers.includes(id) ? balancerOf(id) : undefined;
      }),
    listPoolMembers: () => answer('pools', () => [{ poolId: 'p' as PoolId, serverId: aServer(1).id }]),
  } as unknown as TenantCloud;
  const clocks = new ServiceClocks('tenant' as TenantId, clock, silentLog, noMetrics);
  const observer = new TenantObserver(cloud, clock, { ...defaultOptions, ...options }, clocks, { noted() {} });
  /** What is asked of the cloud for a look, and what came of that. */
  const look = async (group: ScalingGroup, scope: ListingScope, after = observer.mark) => {
    const before = asked.length;
    const listing = await observer.observe({ group, besides: [], after, scope });
    return { listing, asked: asked.slice(before).sort().join(), monitors: [...listing.healthMonitors.keys()].join() };
  };
  return { observer, look, asked, world, clock };
}

describe('TenantObserver', () => {
  it('looks at everything of a tenant in three readings, which all of its groups share', async () => {
    const { observer, asked, world, clock } = setUp();
    world.servers = some(2);
    await clock.pass(5000);
    const ask = (scope: ListingScope) => observer.observe({ group: groupOn(), besides: [], after: observer.mark, scope });
    const [first, second] = await Promise.all([ask('tenant'), ask('tenant'), ask('tenant')]);
    expect(asked).toEqual(['servers', 'all', 'pools']);
    expect(first).toMatchObject({ scope: 'tenant', begunAt: 5000, cloudNow: 7000, loadBalancersAhead: 50_000, servers: world.servers });
    expect([first.healthMonitors.size, first.membersByServer.size, second.servers]).toEqual([5, 1, first.servers]);
  });

  it('looks where a group is by its launch configuration, its known servers and the listed ones', async () => {
    const { look, world, clock } = setUp();
    const ask = async (group: ScalingGroup) => {
      await clock.pass(2000); // what was read is too old by now
      return (await look(group, 'group')).asked;
    };
    const group = groupOn('1');
    expect(await ask(group)).toBe('1,servers');
    expect(await ask(group)).toBe('1,servers');
    const moved = { ...group, spec: { ...group.spec, launchConfiguration: groupOn('2').spec.launchConfiguration } };
    expect(await ask(moved)).toBe('2,servers');
    const known = { ...moved, servers: aGroup([aKnown(1, { loadBalancers: ['3' as LoadBalancerId] })]).servers };
    expect(await ask(known)).toBe('2,3,servers');
    world.servers = [aServer(1, { desiredLoadBalancers: [at('4')] })];
    expect(await ask(known)).toBe('2,3,4,servers');
  });

  it('rejects where the servers cannot be listed', async () => {
    const { look, world } = setUp();
    world.broken = 'servers';
    for (const scope of ['tenant', 'group'] as const)
      await expect(look(groupOn('3'), scope)).rejects.toMatchObject({ kind: 'server-fault', message: 'servers is broken' });
  });

  describe('says of what it could not read that nothing is known of it', () => {
    const unreadIn = ({ unread, unlisted, poolsUnread }: Listing) => ({
      ...Object.fromEntries([...unread].map(([id, { reason }]) => [id, reason])),
      ...(unlisted && { unlisted: unlisted.reason }),
      ...(poolsUnread && { pools: poolsUnread.reason }),
    });

    it('of one load balancer of all, and reads the others', async () => {
      const { look, world } = setUp();
      world.unread = ['3'];
      const { listing, monitors } = await look(groupOn('3'), 'tenant');
      expect([monitors, unreadIn(listing)]).toEqual(['1,2,4,5', { 3: '3 is silent' }]);
      world.unread = [];
      expect(unreadIn((await look(groupOn('3'), 'tenant')).listing)).toEqual({});
    });

    it('of one that it reads by itself', async () => {
      const { look, world } = setUp();
      world.broken = '3';
      const { listing, monitors } = await look(groupOn('1', '3', '9'), 'group');
      expect([monitors, unreadIn(listing)]).toEqual(['1', { 3: '3 is broken' }]); // and 9 is not there
    });

    it('of all of them where they cannot be listed, but for those of the group that can be read by themselves', async () => {
      const { look, world } = setUp();
      world.broken = 'all';
      const { listing, monitors, asked } = await look(groupOn('3', '9'), 'tenant');
      expect([monitors, unreadIn(listing)]).toEqual(['3', { unlisted: 'all is broken' }]);
      expect(asked).toBe('3,9,all,pools,servers');
    });

    it('of the pools', async () => {
      const { look, world } = setUp();
      world.broken = 'pools';
      expect(unreadIn((await look(groupOn('3'), 'tenant')).listing)).toEqual({ pools: 'pools is broken' });
      expect(unreadIn((await look(inPool, 'group')).listing)).toEqual({ pools: 'pools is broken' });
      expect(unreadIn((await look(groupOn('3'), 'group')).listing)).toEqual({});
    });

    it('of a service that the account lacks, that it does', async () => {
      const { look, world } = setUp();
      world.lacks = 'all';
      expect((await look(groupOn(), 'tenant')).listing.unlisted).toEqual({ reason: 'Could not locate service', missing: true });
    });

    it('of what is not answered within three quarters of observeDeadline', async () => {
      const { observer, world, clock } = setUp({ observeDeadline: seconds(120) });
      world.hangs = ['3', 'pools'];
      let listing: Listing | undefined;
      void observer
        .observe({ group: groupOn('1', '3'), besides: [], after: observer.mark, scope: 'tenant' })
        .then((seen) => (listing = seen));
      world.broken = 'all';
      await clock.pass(seconds(89));
      expect(listing).toBeUndefined();
      await clock.pass(seconds(2));
      await settled();
      expect(unreadIn(listing as unknown as Listing)).toEqual({
        3: 'it is not answered in time',
        unlisted: 'all is broken',
        pools: 'it is not answered in time',
      });
    });
  });

  describe('for one group', () => {
    it('looks at load balancers where its servers are, were, or are to be', async () => {
      const { look, world } = setUp();
      world.servers = [
        aServer(1, { desiredLoadBalancers: [at('2')] }),
        aServer(2, { groupId: undefined, desiredLoadBalancers: [at('4')] }),
      ];
      const group = {
        ...groupOn('1'),
        servers: aGroup([aKnown(9, { loadBalancers: ['3' as LoadBalancerId, '2' as LoadBalancerId] })]).servers,
      };
      const { listing, asked, monitors } = await look(group, 'group');
      expect([asked, monitors, listing.scope]).toEqual(['1,2,3,servers', '1,2,3', 'group']);
    });

    it('reads all of them at once where it is on more than half', async () => {
      const { look } = setUp();
      expect((await look(groupOn('1', '2', '3'), 'group')).asked).toBe('1,2,3,servers'); // nobody knows yet how many there are
      await look(groupOn(), 'tenant');
      expect((await look(groupOn('1', '2'), 'group')).asked).toBe('1,2,servers');
      expect(await look(groupOn('1', '2', '3'), 'group')).toMatchObject({ asked: 'all,servers', monitors: '1,2,3,4,5' });
    });

    it('shows a load balancer as it was read, each time', async () => {
      const { look, world } = setUp();
      const loadBalancerId = '1' as LoadBalancerId;
      const nodes = [aNode(1, { loadBalancerId }), aNode(2, { loadBalancerId, condition: 'DRAINING' })];
      world.first = { id: loadBalancerId, status: 'ACTIVE', healthMonitor: false, nodes };
      const { listing: quiet } = await look(groupOn('1'), 'group');
      expect([quiet.nodesByAddress.size, quiet.locked.size, quiet.draining]).toEqual([2, 0, new Set(['1'])]);
      world.first = { id: loadBalancerId, status: 'PENDING_UPDATE', healthMonitor: true, nodes: nodes.slice(0, 1) };
      const { listing: busy } = await look(groupOn('1'), 'group');
      expect([busy.nodesByAddress.size, busy.locked, busy.draining.size]).toEqual([1, new Set(['1']), 0]);
      expect(busy.healthMonitors.get(loadBalancerId)).toBe(true);
    });

    it('knows nothing of a load balancer that is gone', async () => {
      const { look } = setUp();
      expect((await look(groupOn('1', '9'), 'group')).monitors).toBe('1');
    });

    it.each(['tenant', 'group'] as const)('asks for what the list of all does not have before it is gone, in scope %s', async (scope) => {
      const { look, world } = setUp();
      await look(groupOn(), 'tenant');
      world.listed = ['1', '2'];
      const { asked, monitors, listing } = await look(groupOn('1', '2', '4', '9'), scope);
      expect([asked.replace('pools,', ''), monitors]).toEqual(['4,9,all,servers', '1,2,4']);
      expect(listing.nodesByAddress.get('10.0.0.1')).toMatchObject(['1', '2', '4'].map((loadBalancerId) => ({ loadBalancerId })));
      expect((await look(groupOn('1', '2'), scope)).asked.replace('pools,', '')).toMatch(/^(all,|1,2,)servers$/);
      world.broken = '4';
      expect((await look(groupOn('1', '2', '4'), scope)).listing.unread.get('4' as LoadBalancerId)?.reason).toBe('4 is broken');
    });

    it('looks at pools only where it is in any, or was', async () => {
      const { look, world } = setUp();
      expect((await look(groupOn(), 'group')).asked).toBe('servers');
      expect((await look(inPool, 'group')).listing.membersByServer.size).toBe(1);
      expect((await look({ ...groupOn(), servers: aGroup([aKnown(1, { loadBalancers: [], pooled: true })]).servers }, 'group')).asked).toBe(
        'pools,servers',
      );
      world.servers = [aServer(1, { desiredLoadBalancers: [{ kind: 'rcv3', poolId: 'p' as PoolId }] })];
      expect((await look(groupOn(), 'group')).asked).toBe('pools,servers');
    });
  });

  describe('of a listing', () => {
    const listingsOf = async (before: number, after: number) => {
      const { look, world } = setUp();
      world.servers = some(before);
      await look(groupOn(), 'group');
      world.next = [some(after)];
      const { asked, listing } = await look(groupOn(), 'group');
      return [asked, listing.servers.length];
    };

    it('makes it again when it has lost an unlikely share of the last one, and believes the second', async () => {
      expect(await listingsOf(11, 0)).toEqual(['servers,servers', 11]);
      expect(await listingsOf(200, 179)).toEqual(['servers,servers', 200]);
    });

    it('believes what may be', async () => {
      expect([await listingsOf(10, 0), await listingsOf(200, 180), await listingsOf(0, 50)]).toEqual([
        ['servers', 0],
        ['servers', 180],
        ['servers', 50],
      ]);
    });

    it('makes a large one only so often', async () => {
      const { look, asked, world, clock } = setUp({ largeListing: 2, largeListingSpacing: seconds(10) });
      world.servers = some(3);
      await look(groupOn(), 'group');
      const second = look(groupOn(), 'group');
      await clock.pass(9999);
      expect(asked.length).toBe(1);
      world.servers = some(2);
      await clock.pass(milliseconds(1));
      await second;
      await look(groupOn(), 'group');
      expect(asked.length).toBe(3);
    });
  });
});
