import type { GroupId, LoadBalancerId, ServerId } from '../model/identifiers.ts';
import type { LoadBalancer, Node, PoolMember } from '../model/load-balancer.ts';
import type { Server } from '../model/server.ts';
import type { EpochMs } from '../model/time.ts';
import type { ServerListing } from '../ports.ts';

/** What the cloud showed of a tenant at one moment, indexed once for all its groups. */
export interface TenantObservation {
  /** Rises with every observation begun: whoever wrote before it began sees what he wrote. */
  readonly sequence: number;
  /** When it began, on our clock. */
  readonly begunAt: EpochMs;
  /** The cloud's own time of the server listing. */
  readonly cloudNow: EpochMs;
  readonly serversById: ReadonlyMap<ServerId, Server>;
  readonly serversByGroup: ReadonlyMap<GroupId, readonly Server[]>;
  /** Addresses of all the tenant's servers that are not going away, with whose they are. */
  readonly liveAddresses: ReadonlyMap<string, ServerId>;
  readonly nodesByAddress: ReadonlyMap<string, readonly Node[]>;
  readonly membersByServer: ReadonlyMap<ServerId, readonly PoolMember[]>;
  readonly healthMonitors: ReadonlyMap<LoadBalancerId, boolean>;
  /** Load balancers that refuse every write just now, and will take them within seconds. */
  readonly locked: ReadonlySet<LoadBalancerId>;
}

const lockedStatuses: ReadonlySet<string> = new Set(['BUILD', 'PENDING_UPDATE']);

/** Indexes the answers of the cloud. Doubles in a listing collapse, the first wins (spec/planner.md, D7). */
export function indexObservation(
  sequence: number,
  begunAt: EpochMs,
  listing: ServerListing,
  loadBalancers: readonly LoadBalancer[],
  poolMembers: readonly PoolMember[],
): TenantObservation {
  const serversById = new Map<ServerId, Server>();
  const serversByGroup = new Map<GroupId, Server[]>();
  const liveAddresses = new Map<string, ServerId>();
  for (const server of listing.servers) {
    if (serversById.has(server.id)) continue;
    serversById.set(server.id, server);
    if (server.groupId !== undefined) append(serversByGroup, server.groupId, server);
    if (server.servicenetAddress !== '' && server.state !== 'DELETED') liveAddresses.set(server.servicenetAddress, server.id);
  }
  const nodesByAddress = new Map<string, Node[]>();
  const healthMonitors = new Map<LoadBalancerId, boolean>();
  const locked = new Set<LoadBalancerId>();
  for (const loadBalancer of loadBalancers) {
    if (healthMonitors.has(loadBalancer.id)) continue;
    if (lockedStatuses.has(loadBalancer.status)) locked.add(loadBalancer.id);
    healthMonitors.set(loadBalancer.id, loadBalancer.healthMonitor);
    for (const node of loadBalancer.nodes) append(nodesByAddress, node.address, node);
  }
  const membersByServer = new Map<ServerId, PoolMember[]>();
  for (const member of poolMembers) append(membersByServer, member.serverId, member);
  return {
    sequence,
    begunAt,
    cloudNow: listing.cloudNow,
    serversById,
    serversByGroup,
    liveAddresses,
    nodesByAddress,
    membersByServer,
    healthMonitors,
    locked,
  };
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const there = lists.get(key);
  if (there === undefined) lists.set(key, [value]);
  else there.push(value);
}
