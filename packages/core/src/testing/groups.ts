import type { GroupId, LoadBalancerId, NodeId, ServerId } from '../model/identifiers.ts';
import type { Node } from '../model/load-balancer.ts';
import type { Server } from '../model/server.ts';
import { epochMs, seconds } from '../model/time.ts';
import type { DesiredGroup, Observation } from '../planner/desired.ts';
import { unboundedHealing } from '../planner/healing.ts';

/** Now, for groups made here. */
export const testNow = epochMs(1_790_000_000_000);

/** The address of the n-th server. */
const addressOf = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;

const serverOf = (n: number, loadBalancerId: LoadBalancerId): Server => ({
  id: `server-${n.toString(16).padStart(8, '0')}` as ServerId,
  name: `web-AS${n}`,
  state: 'ACTIVE',
  // many are created within one second, as bursts are
  createdAt: epochMs(testNow - 3_600_000 + Math.floor(n / 7) * 1000),
  servicenetAddress: addressOf(n),
  groupId: 'group' as GroupId,
  desiredLoadBalancers: [{ kind: 'clb', loadBalancerId, port: 80, weight: 1, condition: 'ENABLED', type: 'PRIMARY' }],
  marked: false,
  createToken: undefined,
  links: [],
});

const nodeOf = (n: number, loadBalancerId: LoadBalancerId): Node => ({
  id: `${n}` as NodeId,
  loadBalancerId,
  address: addressOf(n),
  port: 80,
  weight: 1,
  condition: 'ENABLED',
  status: 'ONLINE',
  type: 'PRIMARY',
  connections: undefined,
  drainingSince: undefined,
});

/**
 * A group of `size` servers with as many nodes, listed in an order that is not sorted. One in a hundred servers is in ERROR, so that
 * there is something to plan.
 */
export function steadyGroup(size: number): { readonly desired: DesiredGroup; readonly observed: Observation } {
  const loadBalancerOf = (n: number): LoadBalancerId => `${1000 + (n % 40)}` as LoadBalancerId;
  // a stride coprime to the size visits every index once, far from sorted
  const stride = [7919, 7907, 7901].find((prime) => size % prime !== 0) ?? 1;
  const order = Array.from({ length: size }, (_, i) => (i * stride) % size);
  const servers = order.map((n) => ({ ...serverOf(n, loadBalancerOf(n)), ...(n % 100 === 50 ? { state: 'ERROR' as const } : {}) }));
  const nodes = order.toReversed().map((n) => nodeOf(n, loadBalancerOf(n)));
  return {
    desired: { capacity: size, drainingTimeout: seconds(0), removals: new Map(), deletions: new Map(), healing: unboundedHealing },
    observed: {
      servers,
      nodes,
      poolMembers: [],
      healthMonitors: new Map(Array.from({ length: 40 }, (_, n) => [`${1000 + n}` as LoadBalancerId, false])),
      unseen: 0,
      unconfirmed: [],
      vanished: 0,
    },
  };
}
