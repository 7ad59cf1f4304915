import type { LoadBalancerId, ServerId } from '../model/identifiers.ts';
import { type DesiredLoadBalancer, type Node, type PoolMember, placeOf } from '../model/load-balancer.ts';
import type { Server } from '../model/server.ts';
import { allPools, type Unread } from '../model/unread.ts';
import type { DesiredGroup, Observation } from './desired.ts';

/** Which nodes and pool memberships belong to which server. */
export interface Places {
  /** Nodes at the server's ServiceNet address, on whatever load balancer and port; an empty address matches nothing (D8). */
  nodesOf(server: Server): readonly Node[];
  membershipsOf(server: Server): readonly PoolMember[];
  /** Whether a node at an address that several servers of the group share is desired by one of them that stays (D8, D1). */
  desiredByAnother(node: Node): boolean;
  /** Whether nodes of a server that must go are left where they are, for their load balancer lets none go (D14). */
  isLeft(server: Server, loadBalancerId: LoadBalancerId): boolean;
  readonly healthMonitors: ReadonlyMap<LoadBalancerId, boolean>;
  /** Why nothing is known of a place; undefined: it was read. */
  unreadAt(place: DesiredLoadBalancer): Unread | undefined;
  /** The places that hold a server back which must go: nobody knows whether it has a node there, and none can be taken off. */
  holding(server: Server): readonly LoadBalancerId[];
}

/** The name of a place where it is read, and held back, by itself. */
export const sourceOf = (place: DesiredLoadBalancer): LoadBalancerId => (place.kind === 'clb' ? place.loadBalancerId : allPools);

/** Indexes what was observed. `servers`: all of the group's; `staying`: those that are kept. */
export function indexPlaces(
  observed: Observation,
  servers: readonly Server[],
  staying: readonly Server[],
  { stuck, deleting, removals }: Pick<DesiredGroup, 'stuck' | 'deleting' | 'removals'>,
): Places {
  const nodes = new Map<string, Node[]>();
  for (const node of observed.nodes) {
    const there = nodes.get(node.address);
    if (there === undefined) nodes.set(node.address, [node]);
    else if (!there.some((other) => other.id === node.id && other.loadBalancerId === node.loadBalancerId)) there.push(node); // D7
  }
  const members = new Map<ServerId, PoolMember[]>();
  for (const member of observed.poolMembers) {
    const there = members.get(member.serverId);
    if (there === undefined) members.set(member.serverId, [member]);
    else if (!there.some((other) => other.poolId === member.poolId)) there.push(member);
  }
  const shared = placesAtSharedAddresses(servers, staying);
  const { unread } = observed;
  const unreadAt = (place: DesiredLoadBalancer): Unread | undefined =>
    place.kind === 'clb' ? unread?.loadBalancers.get(place.loadBalancerId) : unread?.pools;
  const isLeft = ({ id }: Server, source: LoadBalancerId): boolean =>
    stuck?.has(source) === true && (deleting === true || removals.has(id));
  return {
    nodesOf: ({ servicenetAddress }) => (servicenetAddress === '' ? [] : (nodes.get(servicenetAddress) ?? [])),
    membershipsOf: ({ id }) => members.get(id) ?? [],
    desiredByAnother: (node) => shared.get(node.address)?.has(`${node.loadBalancerId}:${node.port}`) ?? false,
    isLeft,
    healthMonitors: observed.healthMonitors,
    unreadAt,
    holding: (server) => {
      if (unread === undefined) return [];
      const held = server.desiredLoadBalancers.filter(
        (place) => unreadAt(place) !== undefined && !isLeft(server, sourceOf(place)) && (place.kind !== 'clb' || hasAddress(server)),
      );
      return [...new Set(held.map(sourceOf))];
    },
  };
}

/** A server without an address has no node on any load balancer. */
const hasAddress = ({ servicenetAddress }: Server): boolean => servicenetAddress !== '';

/** Per address that more than one server of the group has: the places where a staying one of them must be. */
function placesAtSharedAddresses(servers: readonly Server[], staying: readonly Server[]): ReadonlyMap<string, ReadonlySet<string>> {
  const owners = new Map<string, ServerId>();
  const shared = new Map<string, Set<string>>();
  for (const { id, servicenetAddress } of servers) {
    if (servicenetAddress === '') continue;
    const owner = owners.get(servicenetAddress);
    if (owner === undefined) owners.set(servicenetAddress, id);
    else if (owner !== id) shared.set(servicenetAddress, new Set());
  }
  for (const server of staying) {
    const desired = shared.get(server.servicenetAddress);
    if (desired !== undefined) for (const place of server.desiredLoadBalancers) desired.add(placeOf(place));
  }
  return shared;
}
