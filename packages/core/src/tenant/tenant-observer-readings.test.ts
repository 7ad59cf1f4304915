import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { LoadBalancerId, TenantId } from '../model/identifiers.ts';
import { defaultOptions } from '../options.ts';
import { noMetrics, silentLog } from '../ports.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { aBalancer, aGroup, aServer, balancer } from '../testing/parts.ts';
import { ServiceClocks } from './service-clocks.ts';
import { TenantObserver } from './tenant-observer.ts';

const unread = '2' as LoadBalancerId;

/** A tenant of one server, a load balancer that is read and one that is not, and what its observer told of its readings. */
function setUp() {
  const clock = new HandClock();
  const world = { broken: false };
  const answer = async <T>(value: T): Promise<T> => {
    if (world.broken) throw new CloudError('server-fault', 'broken');
    return value;
  };
  const cloud = {
    listServers: () => answer({ servers: [aServer(1)], cloudNow: undefined }),
    listLoadBalancers: () => answer({ loadBalancers: [aBalancer([])], unread: [{ id: unread, reason: 'silent' }] }),
    getLoadBalancer: () => answer(aBalancer([])),
    listPoolMembers: () => answer([]),
  } as unknown as TenantCloud;
  const clocks = new ServiceClocks('tenant' as TenantId, clock, silentLog, noMetrics);
  const observer = new TenantObserver(cloud, clock, defaultOptions, clocks, { noted() {} });
  const told: unknown[] = [];
  observer.readings$.subscribe(({ of, shown }) => told.push([of, shown?.of === 'load-balancers' ? [...shown.ids] : shown?.of]));
  const readAll = () => Promise.allSettled([observer.readServers(), observer.readLoadBalancer(balancer), observer.readPools()]);
  return { observer, world, told, readAll };
}

describe('the readings of a TenantObserver', () => {
  it('are told as they end: a source that failed has shown nothing, which is not the same as that it is empty', async () => {
    const { world, told, readAll } = setUp();
    await readAll();
    expect(told.splice(0).sort()).toEqual([
      [balancer, [balancer]],
      ['pools', 'pools'],
      ['servers', 'servers'],
    ]);
    world.broken = true;
    await readAll();
    expect(told.sort()).toEqual([
      [balancer, undefined],
      ['pools', undefined],
      ['servers', undefined],
    ]);
  });

  it('are of no load balancer that is listed and cannot be read', async () => {
    const { observer, told } = setUp();
    await observer.observe({ group: aGroup([]), besides: [], after: observer.mark, scope: 'tenant' });
    expect(told).toContainEqual(['load-balancers', [balancer]]);
  });
});
