import { byId, type LoadBalancerId, type ServerId } from '../model/identifiers.ts';
import { type DesiredLoadBalancer, type DesiredNode, type Node, placeOf } from '../model/load-balancer.ts';
import type { Server } from '../model/server.ts';
import type { EpochMs } from '../model/time.ts';
import { holdKeys, type PlanOptions } from './desired.ts';
import { removeNode } from './leaving.ts';
import type { Places } from './places.ts';
import type { Reason } from './reasons.ts';
import type { Step } from './steps.ts';

/** Puts a server that stays on its load balancers and pools, and (exclusive membership) takes it off all others (section 5, D1). */
export function planMembership(
  steps: Step[],
  server: Server,
  places: Places,
  now: EpochMs,
  options: PlanOptions,
  unreachable: Unreachable,
): void {
  const nodes = places.nodesOf(server);
  const members = places.membershipsOf(server);
  for (const place of distinct(server.desiredLoadBalancers)) {
    if (places.unreadAt(place) !== undefined) continue; // planUnread says so
    if (place.kind === 'rcv3') {
      if (members.some((member) => member.poolId === place.poolId)) continue;
      const why: Reason = { rule: 'not-on-load-balancer', serverId: server.id, loadBalancerId: place.poolId };
      steps.push({ kind: 'add-pool-members', members: [{ poolId: place.poolId, serverId: server.id }], because: [why] });
      continue;
    }
    const there = nodes.filter((node) => node.loadBalancerId === place.loadBalancerId && node.port === place.port);
    for (const node of there) planNode(steps, server, node, place, places, now, options);
    if (there.length === 0) planMissingNode(steps, server, place, places, unreachable);
  }
  if (options.loadBalancerMembership === 'exclusive') planExtras(steps, server, nodes, places);
}

/** A place written twice counts once, as it is written first. */
function distinct(desired: Server['desiredLoadBalancers']): Server['desiredLoadBalancers'] {
  const first = new Map<string, DesiredLoadBalancer>();
  for (const place of desired) {
    const key = `${place.kind} ${placeOf(place)}`;
    if (!first.has(key)) first.set(key, place);
  }
  return [...first.values()];
}

function planMissingNode(steps: Step[], server: Server, place: DesiredNode, places: Places, unreachable: Unreachable): void {
  if (server.servicenetAddress === '') {
    const others = unreachable.get(place.loadBalancerId);
    if (others === undefined) unreachable.set(place.loadBalancerId, [server.id]);
    else others.push(server.id);
    return;
  }
  const about = { serverId: server.id, loadBalancerId: place.loadBalancerId } as const;
  const monitored = places.healthMonitors.get(place.loadBalancerId);
  if (monitored === undefined) {
    steps.push(noMonitor(about));
    return;
  }
  const { port, weight, type } = place;
  const condition = monitored ? 'DRAINING' : place.condition;
  steps.push({
    kind: 'add-nodes',
    loadBalancerId: place.loadBalancerId,
    nodes: [{ address: server.servicenetAddress, port, condition, weight, type }],
    because: [{ rule: 'not-on-load-balancer', ...about }],
  });
}

/** Servers without a ServiceNet address, by the load balancers on which they should be. */
export type Unreachable = Map<LoadBalancerId, ServerId[]>;

/** Servers named in one sentence. */
const mostNamed = 10;

/** Without ServiceNet a server cannot be on a load balancer: that is waited for, and said when it takes too long (spec/rest.md, decision 49). */
export function planUnreachable(steps: Step[], unreachable: Unreachable): void {
  for (const [loadBalancerId, servers] of [...unreachable].sort(([a], [b]) => byId(a, b))) {
    const [first, ...others] = [...servers].sort(byId);
    const named = [first, ...others.slice(0, mostNamed - 1)].join(', ');
    const more = others.length < mostNamed ? '' : ` and ${others.length + 1 - mostNamed} more`;
    const lack = others.length === 0 ? `server ${named} has` : `servers ${named}${more} have`;
    const sentence = `${lack} no address for load balancer ${loadBalancerId}.`;
    const because = [{ rule: 'no-address', loadBalancerId, key: holdKeys.address(loadBalancerId), sentence }] as const;
    steps.push({ kind: 'converge-later', limited: true, because });
  }
}

/** Nothing can be put on a load balancer that is not there. */
const noMonitor = (about: Pick<Reason, 'serverId' | 'nodeId'> & { readonly loadBalancerId: LoadBalancerId }): Step => ({
  kind: 'fail',
  because: [{ rule: 'no-health-monitor-information', ...about, key: holdKeys.balancer(about.loadBalancerId, 'monitor') }],
});

/** A node in its place: made as desired; under a health monitor only once it has come ONLINE. */
function planNode(steps: Step[], server: Server, node: Node, place: DesiredNode, places: Places, now: EpochMs, options: PlanOptions): void {
  if (node.weight === place.weight && node.condition === place.condition && node.type === place.type) return;
  const about = { serverId: server.id, loadBalancerId: node.loadBalancerId, nodeId: node.id } as const;
  const monitored = places.healthMonitors.get(node.loadBalancerId);
  if (monitored === undefined) {
    steps.push(noMonitor(about));
    return;
  }
  const probed = monitored && node.condition === 'DRAINING';
  if (probed && node.status === 'OFFLINE') {
    const key = holdKeys.balancer(node.loadBalancerId, `offline:${node.id}`);
    if (node.drainingSince === undefined) {
      steps.push({ kind: 'converge-later', limited: true, because: [{ rule: 'node-start-unknown', ...about, key }] });
    } else if (now - node.drainingSince > options.offlineTimeout) {
      const seconds = Math.trunc(options.offlineTimeout / 1000);
      steps.push({ kind: 'fail', because: [{ rule: 'offline-too-long', ...about, key, seconds }] });
    } else {
      steps.push({ kind: 'converge-later', limited: false, because: [{ rule: 'waiting-for-node', ...about }] });
    }
    return;
  }
  steps.push({
    kind: 'change-node',
    loadBalancerId: node.loadBalancerId,
    nodeId: node.id,
    change: { condition: place.condition, weight: place.weight, type: place.type },
    because: [{ rule: probed ? 'node-online' : 'node-differs', ...about }],
  });
}

function planExtras(steps: Step[], server: Server, nodes: readonly Node[], places: Places): void {
  const desired = server.desiredLoadBalancers;
  for (const node of nodes) {
    const wanted = desired.some((p) => p.kind === 'clb' && p.loadBalancerId === node.loadBalancerId && p.port === node.port);
    if (!wanted && !places.desiredByAnother(node)) steps.push(removeNode(server, node, { rule: 'extra-node' }));
  }
  for (const member of places.membershipsOf(server)) {
    if (desired.some((place) => place.kind === 'rcv3' && place.poolId === member.poolId)) continue;
    const why: Reason = { rule: 'extra-node', serverId: server.id, loadBalancerId: member.poolId };
    steps.push({ kind: 'remove-pool-members', members: [member], because: [why] });
  }
}
