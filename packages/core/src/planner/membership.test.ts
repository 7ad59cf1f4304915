import { describe, expect, it } from 'vitest';
import type { PoolId } from '../model/identifiers.ts';
import type { DesiredLoadBalancer } from '../model/load-balancer.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aServer, balancer } from '../testing/parts.ts';
import { planMembership } from './membership.ts';
import { indexPlaces } from './places.ts';
import type { Step } from './steps.ts';

const observed = {
  servers: [],
  nodes: [],
  poolMembers: [],
  healthMonitors: new Map([[balancer, false]]),
  unseen: 0,
  unconfirmed: [],
  vanished: 0,
};

describe('planMembership', () => {
  it('puts a server once into a place that is written twice, as it is written first', () => {
    const at = (weight: number): DesiredLoadBalancer => ({
      kind: 'clb',
      loadBalancerId: balancer,
      port: 80,
      weight,
      condition: 'ENABLED',
      type: 'PRIMARY',
    });
    const pool: DesiredLoadBalancer = { kind: 'rcv3', poolId: 'p' as PoolId };
    const server = aServer(1, { desiredLoadBalancers: [at(5), pool, at(1), pool] });
    const places = indexPlaces(observed, [server], [server], { removals: new Map() });
    const steps: Step[] = [];
    planMembership(steps, server, places, epochMs(0), options, new Map());
    expect(steps).toMatchObject([
      { kind: 'add-nodes', nodes: [{ port: 80, weight: 5 }] },
      { kind: 'add-pool-members', members: [{ poolId: 'p' }] },
    ]);
  });
});
