import { byId, type GroupId, type LoadBalancerId, type ServerId } from '../model/identifiers.ts';
import { type LoadBalancer, lockedStatuses, type Node, type PoolMember } from '../model/load-balancer.ts';
import type { Server } from '../model/server.ts';
import type { DurationMs, EpochMs } from '../model/time.ts';
import type { Unread } from '../model/unread.ts';
import type { LoadBalancerListing, ServerListing } from '../ports.ts';

/** A tenant's servers, indexed once for all its groups. */
export interface ServerIndex {
  /** The listing, whosever they are. */
  readonly servers: readonly Server[];
  /** Those that say that they are this group's, each once. */
  serversOf(groupId: GroupId): readonly Server[];
  /** The server with this id, whosever it is; undefined when the listing does not show it. */
  serverById(id: ServerId): Server | undefined;
  /** Whether a server that is not going away has this address. */
  isLiveAddress(address: string): boolean;
}
/** Load balancers, all of a tenant's or those that a group is on. */
export interface LoadBalancerIndex {
  readonly nodesByAddress: ReadonlyMap<string, readonly Node[]>;
  /** Per load balancer that was read whether a health monitor is on. One that is neither here nor `unread` is not there, or was not asked for. */
  readonly healthMonitors: ReadonlyMap<LoadBalancerId, boolean>;
  /** Load balancers of which nothing is known, for they could not be read, and why. */
  readonly unread: ReadonlyMap<LoadBalancerId, Unread>;
  /** Why nobody knows what load balancers there are besides; undefined: they were listed, or nobody asked. */
  readonly unlisted: Unread | undefined;
  /** Nodes on each of them, whosever they are. */
  readonly nodeCounts: ReadonlyMap<LoadBalancerId, number>;
  /** Load balancers of which some node drains. */
  readonly draining: ReadonlySet<LoadBalancerId>;
  /** Load balancers that refuse every write just now, and will take them within seconds. */
  readonly locked: ReadonlySet<LoadBalancerId>;
}
/** Members of RackConnect v3 pools. */
export interface PoolIndex {
  readonly membersByServer: ReadonlyMap<ServerId, readonly PoolMember[]>;
  /** Why the pools could not be read; undefined: they were, or nobody asked. */
  readonly poolsUnread: Unread | undefined;
}

/** What the cloud showed at one moment: all of a tenant, or as much as one group needs. */
export interface Listing extends ServerIndex, LoadBalancerIndex, PoolIndex {
  /** When the server listing began, on our clock. */
  readonly begunAt: EpochMs;
  /** What time it is for the servers: ages of them are counted by it. */
  readonly cloudNow: EpochMs;
  /** How far the load balancers' clock is ahead of that. */
  readonly loadBalancersAhead: DurationMs;
  readonly scope: ListingScope;
}

/** How much of a tenant to observe: everything, or the servers and the load balancers and pools that one group is on. */
export type ListingScope = 'tenant' | 'group';

/** More servers than this are not missing at once, of so many, unless the listing is short: then it is made again before it is believed. */
export const unlikelyLoss = (known: number): number => Math.max(10, known / 10);

/** Indexes a listing. A server that it shows twice counts as it is shown first (spec/planner.md, D7). */
export function indexServers({ servers }: Pick<ServerListing, 'servers'>): ServerIndex {
  const byId = new Map<ServerId, Server>();
  const byGroup = new Map<GroupId, Server[]>();
  const live = new Set<string>();
  for (const server of servers) {
    if (server.state !== 'DELETED') live.add(server.servicenetAddress);
    if (byId.has(server.id)) continue;
    byId.set(server.id, server);
    if (server.groupId !== undefined) append(byGroup, server.groupId, server);
  }
  return {
    servers,
    serversOf: (groupId) => byGroup.get(groupId) ?? [],
    serverById: (id) => byId.get(id),
    isLiveAddress: (address) => address !== '' && live.has(address),
  };
}

/** Indexes a list of all load balancers. */
export const indexListed = ({ loadBalancers, unread }: LoadBalancerListing): LoadBalancerIndex => ({
  ...indexLoadBalancers(loadBalancers),
  unread: new Map(unread.map(({ id, reason }) => [id, { reason, missing: false }])),
});

/** Load balancers could not be listed. */
export const noLoadBalancers = (unlisted: Unread): LoadBalancerIndex => ({ ...indexLoadBalancers([]), unlisted });

/** Indexes load balancers that were read. One that is listed twice counts as it is listed first. */
export function indexLoadBalancers(loadBalancers: readonly LoadBalancer[]): LoadBalancerIndex {
  const nodesByAddress = new Map<string, Node[]>();
  const healthMonitors = new Map<LoadBalancerId, boolean>();
  const nodeCounts = new Map<LoadBalancerId, number>();
  const draining = new Set<LoadBalancerId>();
  const locked = new Set<LoadBalancerId>();
  for (const { id, status, healthMonitor, nodes } of [...loadBalancers].sort((a, b) => byId(a.id, b.id))) {
    if (healthMonitors.has(id)) continue;
    healthMonitors.set(id, healthMonitor);
    if (lockedStatuses.has(status)) locked.add(id);
    nodeCounts.set(id, nodes.length);
    for (const node of nodes) {
      append(nodesByAddress, node.address, node);
      if (node.condition === 'DRAINING') draining.add(id);
    }
  }
  return { nodesByAddress, healthMonitors, unread: new Map(), unlisted: undefined, nodeCounts, draining, locked };
}

/** Both; they have no load balancer in common. */
export function mergeLoadBalancers(one: LoadBalancerIndex, other: LoadBalancerIndex): LoadBalancerIndex {
  const nodesByAddress = new Map(one.nodesByAddress);
  for (const [address, nodes] of other.nodesByAddress) nodesByAddress.set(address, [...(nodesByAddress.get(address) ?? []), ...nodes]);
  return {
    nodesByAddress,
    healthMonitors: new Map([...one.healthMonitors, ...other.healthMonitors]),
    unread: new Map([...one.unread, ...other.unread]),
    unlisted: one.unlisted ?? other.unlisted,
    nodeCounts: new Map([...one.nodeCounts, ...other.nodeCounts]),
    draining: new Set([...one.draining, ...other.draining]),
    locked: new Set([...one.locked, ...other.locked]),
  };
}

export function indexPoolMembers(members: readonly PoolMember[]): PoolIndex {
  const membersByServer = new Map<ServerId, PoolMember[]>();
  for (const member of members) append(membersByServer, member.serverId, member);
  return { membersByServer, poolsUnread: undefined };
}

/** No pool was looked at, or the tenant has none. */
export const noPools: PoolIndex = { membersByServer: new Map(), poolsUnread: undefined };

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const there = lists.get(key);
  if (there === undefined) lists.set(key, [value]);
  else there.push(value);
}
