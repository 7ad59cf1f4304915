import { byId, type GroupId, type LoadBalancerId, type ServerId } from '../model/identifiers.ts';
import { changesBetween, type ListChanges, staysDistinct, withChanges } from '../model/list-changes.ts';
import { type LoadBalancer, lockedStatuses, type Node, type PoolMember } from '../model/load-balancer.ts';
import type { Server } from '../model/server.ts';
import type { EpochMs } from '../model/time.ts';
import type { ServerListing } from '../ports.ts';

/** A tenant's servers, indexed once for all its groups. What few passes need is worked out when the first one asks. */
export interface ServerIndex {
  /** The cloud's own time of the listing. */
  readonly cloudNow: EpochMs;
  /** The listing, whosever they are. */
  readonly servers: readonly Server[];
  /** Those that say that they are a group's, each once. */
  readonly byGroup: ReadonlyMap<GroupId, readonly Server[]>;
  /** Whether the listing shows servers more than once. */
  readonly hasDoubles: boolean;
  serversOf(groupId: GroupId): readonly Server[];
  /** The server with this id, whosever it is; undefined when the listing does not show it. */
  serverById(id: ServerId): Server | undefined;
  /** Whether a server that is not going away has this address. */
  isLiveAddress(address: string): boolean;
}
/** Load balancers, all of a tenant's or those that a group is on. */
export interface LoadBalancerIndex {
  readonly nodesByAddress: ReadonlyMap<string, readonly Node[]>;
  /** Per load balancer whether a health monitor is on; absent = not there, or not looked at. */
  readonly healthMonitors: ReadonlyMap<LoadBalancerId, boolean>;
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
}

/** What the cloud showed at one moment: all of a tenant, or as much as one group needs. */
export interface Observation extends ServerIndex, LoadBalancerIndex, PoolIndex {
  /** When the server listing began, on our clock. */
  readonly begunAt: EpochMs;
  readonly scope: ObservationScope;
}

/** How much of a tenant to observe: everything, or the servers and the load balancers and pools that one group is on. */
export type ObservationScope = 'tenant' | 'group';

/** More servers than this are not missing at once, of so many, unless the listing is short: then it is made again before it is believed. */
export const unlikelyLoss = (known: number): number => Math.max(10, known / 10);

type ByGroup = ServerIndex['byGroup'];
const nobody: readonly Server[] = [];
const idOf = ({ id }: Server): ServerId => id;

/**
 * Of doubles in a listing the first counts (spec/planner.md, D7). `before`: the index of the last listing; what did not change since is
 * not looked at again, and a group whose servers did not change keeps its very list of them.
 */
export function indexServers({ servers, cloudNow }: ServerListing, before?: ServerIndex): ServerIndex {
  const changes = before && changesBetween(before.servers, servers);
  if (before !== undefined && changes !== undefined && changes.dropped.length + changes.fresh.length === 0) return { ...before, cloudNow };
  const follows = before?.hasDoubles === false && changes !== undefined && staysDistinct(before.servers, changes, idOf);
  const { byGroup, hasDoubles } = follows ? { byGroup: regrouped(before.byGroup, changes, servers), hasDoubles: false } : grouped(servers);
  const byId = lazy(() => {
    const index = new Map<ServerId, Server>();
    for (const server of servers) if (!index.has(server.id)) index.set(server.id, server);
    return index;
  });
  const live = lazy(() => {
    const addresses = new Set<string>();
    for (const { state, servicenetAddress } of servers) if (state !== 'DELETED') addresses.add(servicenetAddress);
    return addresses;
  });
  return {
    cloudNow,
    servers,
    byGroup,
    hasDoubles,
    serversOf: (groupId) => byGroup.get(groupId) ?? nobody,
    serverById: (id) => byId().get(id),
    isLiveAddress: (address) => address !== '' && live().has(address),
  };
}

/** Every server with the first group that it is listed with. */
function grouped(servers: readonly Server[]): Pick<ServerIndex, 'byGroup' | 'hasDoubles'> {
  const byGroup = new Map<GroupId, Server[]>();
  const seen = new Set<ServerId>();
  for (const server of servers) {
    if (server.groupId !== undefined && !seen.has(server.id)) append(byGroup, server.groupId, server);
    seen.add(server.id);
  }
  return { byGroup, hasDoubles: seen.size < servers.length };
}

/** The groups anew where they changed: in its place where a server did, as listed where one came. */
function regrouped(before: ByGroup, { dropped, fresh }: ListChanges<Server>, servers: readonly Server[]): ByGroup {
  const byGroup = new Map(before);
  for (const groupId of new Set([...dropped, ...fresh].map((server) => server.groupId))) {
    if (groupId === undefined) continue;
    const ofGroup = (server: Server): boolean => server.groupId === groupId;
    const changes = { dropped: dropped.filter(ofGroup), fresh: fresh.filter(ofGroup) };
    const hasCome = changes.fresh.some(({ id }) => !changes.dropped.some((server) => server.id === id));
    const after = hasCome ? servers.filter(ofGroup) : withChanges(before.get(groupId) ?? nobody, changes, idOf);
    if (after.length > 0) byGroup.set(groupId, after);
    else byGroup.delete(groupId);
  }
  return byGroup;
}

/** Works a value out once, when it is first asked for. */
function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

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
  return { nodesByAddress, healthMonitors, nodeCounts, draining, locked };
}

/** Both; they have no load balancer in common. */
export function mergeLoadBalancers(one: LoadBalancerIndex, other: LoadBalancerIndex): LoadBalancerIndex {
  const nodesByAddress = new Map(one.nodesByAddress);
  for (const [address, nodes] of other.nodesByAddress) nodesByAddress.set(address, [...(nodesByAddress.get(address) ?? []), ...nodes]);
  return {
    nodesByAddress,
    healthMonitors: new Map([...one.healthMonitors, ...other.healthMonitors]),
    nodeCounts: new Map([...one.nodeCounts, ...other.nodeCounts]),
    draining: new Set([...one.draining, ...other.draining]),
    locked: new Set([...one.locked, ...other.locked]),
  };
}

export function indexPoolMembers(members: readonly PoolMember[]): PoolIndex {
  const membersByServer = new Map<ServerId, PoolMember[]>();
  for (const member of members) append(membersByServer, member.serverId, member);
  return { membersByServer };
}

/** No pool was looked at, or the tenant has none. */
export const noPools: PoolIndex = { membersByServer: new Map() };

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const there = lists.get(key);
  if (there === undefined) lists.set(key, [value]);
  else there.push(value);
}
