import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { CloudError } from '../../errors.ts';
import type { GroupId, LoadBalancerId, ServerId } from '../../model/identifiers.ts';
import type { Node } from '../../model/load-balancer.ts';
import type { Server } from '../../model/server.ts';
import { between, epochMs, milliseconds } from '../../model/time.ts';
import { defaultOptions } from '../../options.ts';
import type { Awaited, Expectation } from '../../pass/expecting.ts';
import { indexLoadBalancers, indexServers, noPools } from '../../pass/listing.ts';
import { HandClock } from '../../testing/hand-clock.ts';
import { aBalancer, aNode, aServer, balancer } from '../../testing/parts.ts';
import { type EndedReading, TenantWatch } from './tenant-watch.ts';

const group = 'group' as GroupId;
const nothing: Awaited = { builds: new Map(), servers: false, loadBalancers: new Map(), pools: false };

/** That the first server is there, as it is. */
function expecting(awaited: Partial<Awaited> = {}, servers: readonly Server[] = [aServer(1)]): Expectation {
  return {
    servers: new Map(servers.map((server) => [server.id, { ...server, presence: 'there' }])),
    addresses: new Map([['10.0.0.1', false]]),
    nodes: new Map([[balancer, '10.0.0.1:80 ENABLED 1 PRIMARY  ']]),
    members: undefined,
    awaited: { ...nothing, ...awaited },
  };
}
const building = (n: number, since = 0): Partial<Awaited> => ({
  builds: new Map([[`s${n}` as ServerId, { since: epochMs(since), flavor: 'f' }]]),
});

/** A watch over a cloud that shows one server and its node, each reading of which takes a tenth of a second. */
function setUp() {
  const clock = new HandClock();
  const cloud = { servers: [aServer(1)] as readonly Server[], nodes: [aNode(1)] as readonly Node[], status: 'ACTIVE', broken: false };
  const readings$ = new Subject<EndedReading>();
  const read: string[] = [];
  let sequence = 0;
  const reading = (of: EndedReading['of'], show: () => EndedReading['shown']) => {
    read.push(`${of} ${Math.floor(clock.now() / 1000)}`);
    sequence += 1;
    const [mine, begunAt, shown] = [sequence, clock.now(), show()];
    return new Promise<void>((resolve, reject) => {
      clock.after(milliseconds(100)).subscribe(() => {
        readings$.next({ of, begunAt, took: between(begunAt, clock.now()), sequence: mine, shown: cloud.broken ? undefined : shown });
        if (cloud.broken) reject(new CloudError('server-fault', 'broken'));
        else resolve();
      });
    });
  };
  const reader = {
    readings$,
    readServers: () => reading('servers', () => ({ of: 'servers', servers: indexServers({ servers: cloud.servers }) })),
    readLoadBalancer: (id: LoadBalancerId) =>
      reading(id, () => {
        const loadBalancers = indexLoadBalancers([{ ...aBalancer(cloud.nodes, id), status: cloud.status }]);
        return { of: 'load-balancers', ids: new Set([id]), loadBalancers };
      }),
    readPools: () => reading('pools', () => ({ of: 'pools', pools: noPools })),
  };
  const mistakes: unknown[] = [];
  const watch = new TenantWatch(reader, clock, defaultOptions, (error) => void mistakes.push(error));
  const events: (readonly [string, number])[] = [];
  const subscription = watch.events$.subscribe(({ kind }) => events.push([kind, Math.floor(clock.now() / 1000)]));
  const settle = (expected = expecting(), after = sequence) => watch.settled(group, expected, after);
  return { clock, cloud, read, events, watch, settle, subscription, mistakes, sequence: () => sequence };
}

describe('TenantWatch', () => {
  it('reads the servers at once, then every 30 s, and wakes nobody while all is as expected', async () => {
    const { clock, read, events, settle } = setUp();
    settle();
    await clock.pass(65_000);
    expect([read, events]).toEqual([['servers 0', 'servers 30', 'servers 60'], []]);
  });

  it('reads nothing before a pass has settled, nor once all groups are forgotten or nobody listens', async () => {
    const { clock, read, watch, settle, subscription } = setUp();
    await clock.pass(100_000);
    expect(read).toEqual([]);
    settle();
    watch.forget(group);
    await clock.pass(100_000);
    expect(read).toEqual([]);
    settle();
    subscription.unsubscribe();
    expect(clock.armed).toBe(0);
    settle(); // a pass that ended late
    expect(clock.armed).toBe(0);
  });

  it('wakes a group for as long as it differs, though nothing changes any more, ever more seldom', async () => {
    const { clock, cloud, events, settle } = setUp();
    settle();
    cloud.servers = [aServer(1, { state: 'ERROR' })];
    await clock.pass(200_000);
    expect(events.map(([kind]) => kind)).toEqual(events.map(() => 'server-failed'));
    expect(events.map(([, at]) => at)).toEqual([0, 2, 6, 14, 30, 62, 122, 182]);
  });

  it('begins anew once a pass has settled with what shows', async () => {
    const { clock, cloud, events, settle } = setUp();
    settle();
    cloud.servers = [aServer(1, { state: 'ERROR' })];
    await clock.pass(10_000);
    settle(expecting({}, cloud.servers), 0);
    events.length = 0;
    await clock.pass(60_000);
    expect(events).toEqual([]);
    cloud.servers = [aServer(1)];
    await clock.pass(60_000);
    expect(events.slice(0, 2)).toMatchObject([
      ['server-active', 90],
      ['server-active', 92],
    ]);
  });

  it('repeats a wake that came to nothing, when a pass settles and the difference is still there', async () => {
    const { clock, cloud, events, watch, settle } = setUp();
    settle();
    cloud.servers = [];
    for (let pass = 0; pass < 4; pass += 1) {
      await clock.pass(20_000);
      watch.begun(group);
      settle(expecting(), 0); // it was asked for by id, and is there
    }
    expect(events.length).toBeGreaterThan(3);
    expect(events.length).toBeLessThan(9);
  });

  it('wakes no group with a pass under way, and compares when the pass has ended', async () => {
    const { clock, cloud, events, watch, settle } = setUp();
    settle();
    watch.begun(group);
    cloud.servers = [];
    await clock.pass(60_000);
    expect(events).toEqual([]);
    watch.ended(group);
    expect(events).toEqual([['server-gone', 60]]);
  });

  it('compares nothing that was read before the group last wrote', async () => {
    const { clock, cloud, events, settle, sequence } = setUp();
    settle();
    await clock.pass(1000);
    cloud.servers = [];
    settle(expecting({ servers: true }), sequence() + 1);
    await clock.pass(15_000);
    expect(events).toEqual([]); // the next reading began before the mark, too
    await clock.pass(6000);
    expect(events).toEqual([['server-gone', 20]]);
  });

  it('reads servers every 10 s while some build, until it has learned how long that takes', async () => {
    const { clock, cloud, read, settle } = setUp();
    cloud.servers = [];
    for (let n = 1; n <= 5; n += 1) {
      const begun = clock.now();
      settle(expecting(building(n, begun), []));
      await clock.pass(35_000);
      cloud.servers = [aServer(n)];
      await clock.pass(10_000);
      settle(expecting({}, cloud.servers), 0);
      await clock.pass(15_000);
    }
    read.length = 0;
    const begun = clock.now();
    settle(expecting({ ...building(9, begun) }, cloud.servers));
    await clock.pass(60_000);
    const looks = read.map((one) => Number(one.split(' ')[1]) - begun / 1000);
    const gaps = looks.map((look, n) => look - (looks[n - 1] ?? look));
    expect(looks.filter((look) => look < 25).length).toBeLessThanOrEqual(1);
    expect(Math.min(...gaps.slice(1))).toBeLessThan(5);
  });

  it('reads a load balancer that was written when its lock is due to end, and wakes the group once it takes writes again', async () => {
    const { clock, cloud, read, events, settle } = setUp();
    cloud.status = 'PENDING_UPDATE';
    settle(expecting({ loadBalancers: new Map([[balancer, 'unlock']]) }));
    await clock.pass(5000);
    expect([read.filter((one) => one.startsWith(balancer)), events]).toEqual([[`${balancer} 3`], []]);
    cloud.status = 'ACTIVE';
    await clock.pass(2000);
    expect(events).toEqual([['nodes-changed', 6]]);
  });

  it('looks at nodes that a group waits for every 3 s and then more seldom, and wakes it when they change', async () => {
    const { clock, cloud, read, events, settle } = setUp();
    settle(expecting({ loadBalancers: new Map([[balancer, 'nodes']]) }));
    await clock.pass(100_000);
    const looks = read.filter((one) => one.startsWith(balancer));
    expect(looks.slice(0, 3)).toEqual(['7 3', '7 6', '7 9']);
    expect(looks.length).toBeLessThan(14);
    cloud.nodes = [aNode(1, { condition: 'DRAINING' })];
    await clock.pass(10_100);
    expect(events[0]?.[0]).toBe('nodes-changed');
  });

  it('takes a reading that failed for none: it wakes nobody, and is made again in its turn', async () => {
    const { clock, cloud, read, events, settle, mistakes } = setUp();
    settle();
    cloud.servers = [];
    cloud.broken = true;
    await clock.pass(65_000);
    expect([read, events, mistakes]).toEqual([['servers 0', 'servers 30', 'servers 60'], [], []]);
    cloud.broken = false;
    await clock.pass(30_000);
    expect(events[0]).toEqual(['server-gone', 90]);
  });
});
