import {
  type DesiredNode,
  type GroupId,
  type GroupRef,
  type LoadBalancerId,
  type NodeCondition,
  type NodeId,
  readServerMetadata,
  type ServerId,
  type TenantId,
} from '@lutra/core';
import type { World, WorldEvent } from '@lutra/simulator';
import type { ServerRecord } from '@lutra/simulator/truth';
import { isMarked } from '@lutra/simulator/truth';

/** A group of a run, as the scenario and the engine's events say it is. */
export interface WatchedGroup {
  /** In the scenario. */
  readonly name: string;
  readonly ref: GroupRef;
  /** Desired capacity as last committed. */
  desired: number;
  status: 'ACTIVE' | 'ERROR';
  errors: readonly string[];
  paused: boolean;
  /** Deleted by a command; it must end without servers. */
  deleted: boolean;
}

/** A group's servers, counted by what they are in truth. */
export interface ServerCount {
  /** ACTIVE, unmarked, and a live node at each of their places. */
  readonly inRotation: number;
  /** ACTIVE and unmarked. */
  readonly active: number;
  readonly building: number;
  /** ERROR, and nobody deletes them yet. */
  readonly failed: number;
  /** Being drained or deleted. */
  readonly leaving: number;
}

/** Which servers are which group's, in truth: kept up to date by the world's events, so that no question scans a tenant. */
export class GroupTruths {
  readonly #world: World;
  readonly #groupOf = new Map<ServerId, GroupId>();
  readonly #servers = new Map<GroupId, Map<ServerId, ServerRecord>>();
  /** Which server has an address now, or had it last when nobody has it. */
  readonly #holders = new Map<string, { readonly serverId: ServerId; readonly groupId: GroupId | undefined }>();
  /** For which server of which group the engine made each node: for the one that had the address then. */
  readonly #madeFor = new Map<string, { readonly serverId: ServerId; readonly groupId: GroupId | undefined }>();
  /** Whose a server was that is gone; only of servers that were to be in a pool. */
  readonly #pastOwners = new Map<ServerId, GroupId>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Must see every event of the world, before anybody asks. */
  saw(event: WorldEvent): void {
    if (event.kind === 'node-added' && event.by === 'caller') {
      const holder = this.#holders.get(`${event.tenantId}/${event.address}`);
      if (holder !== undefined) this.#madeFor.set(nodeKey(event.tenantId, event.loadBalancerId, event.nodeId), holder);
    }
    if (event.kind !== 'server-changed' && event.kind !== 'server-metadata-changed') return;
    const { serverId, groupId, tenantId } = event;
    const record = this.#world.tenant(tenantId).compute.servers.find(serverId);
    const before = this.#groupOf.get(serverId);
    if (before !== undefined && (before !== groupId || record === undefined)) {
      this.#servers.get(before)?.delete(serverId);
      if (record !== undefined) this.#letGo(serverId);
      if (
        record === undefined &&
        this.#world
          .tenant(tenantId)
          .pools.all()
          .some((member) => member.serverId === serverId)
      )
        this.#pastOwners.set(serverId, before);
      this.#groupOf.delete(serverId);
    }
    if (record !== undefined && groupId !== undefined) {
      this.#groupOf.set(serverId, groupId);
      this.of(groupId).set(serverId, record);
    }
    if (event.kind !== 'server-changed' || event.address === '') return;
    if (record !== undefined) this.#holders.set(`${tenantId}/${event.address}`, { serverId, groupId });
  }

  /** The server is no longer the group's, and its nodes go with it. */
  #letGo(serverId: ServerId): void {
    for (const [node, owner] of this.#madeFor) if (owner.serverId === serverId) this.#madeFor.delete(node);
  }

  /** The group's servers that are not gone, in the order of making. */
  of(groupId: GroupId): Map<ServerId, ServerRecord> {
    const known = this.#servers.get(groupId);
    if (known !== undefined) return known;
    const servers = new Map<ServerId, ServerRecord>();
    this.#servers.set(groupId, servers);
    return servers;
  }

  count(group: WatchedGroup): ServerCount {
    return this.#count(group, this.#nodesOf(group.ref.tenantId));
  }

  /** What keeps a group from being converged, in truth; empty when it is. Servers that are being deleted are no obstacle. */
  whyNotConverged(group: WatchedGroup): readonly string[] {
    const desired = group.deleted ? 0 : group.desired;
    const nodes = this.#nodesOf(group.ref.tenantId);
    const { active, building, failed } = this.#count(group, nodes);
    const reasons: string[] = [];
    if (active !== desired) reasons.push(`${active} servers are ACTIVE, ${desired} are desired`);
    if (building > 0) reasons.push(`${building} servers are in BUILD`);
    if (failed > 0) reasons.push(`${failed} servers are neither ACTIVE nor being deleted`);
    for (const server of this.of(group.ref.groupId).values()) {
      if (server.status !== 'ACTIVE' || server.deleting) continue;
      if (isMarked(server)) reasons.push(`server ${server.id} is still draining`);
      else reasons.push(...whyMisplaced(server, nodes), ...this.#whyInNoPool(group, server));
    }
    return [...reasons, ...this.#nodesLeftBehind(group, nodes), ...this.#membersLeftBehind(group)];
  }

  #count({ ref }: WatchedGroup, nodes: NodesByAddress): ServerCount {
    let [inRotation, active, building, failed, leaving] = [0, 0, 0, 0, 0];
    for (const server of this.of(ref.groupId).values()) {
      if (server.deleting || isMarked(server)) leaving += 1;
      else if (server.status === 'BUILD') building += 1;
      else if (server.status !== 'ACTIVE') failed += 1;
      else {
        active += 1;
        if (placesOf(server).every((place) => isLive(server, place, nodes))) inRotation += 1;
      }
    }
    return { inRotation, active, building, failed, leaving };
  }

  #whyInNoPool({ ref }: WatchedGroup, server: ServerRecord): readonly string[] {
    const pools = readServerMetadata(server.metadata).desiredLoadBalancers.filter((place) => place.kind === 'rcv3');
    if (pools.length === 0) return [];
    const members = this.#world.tenant(ref.tenantId).pools.all();
    return pools
      .filter(({ poolId }) => !members.some((member) => member.poolId === poolId && member.serverId === server.id))
      .map(({ poolId }) => `server ${server.id} is not in pool ${poolId}`);
  }

  /** Servers of the group that are gone and whose membership in a pool is not. */
  #membersLeftBehind({ ref: { tenantId, groupId } }: WatchedGroup): readonly string[] {
    const { pools, compute } = this.#world.tenant(tenantId);
    return pools
      .all()
      .filter(({ serverId }) => this.#pastOwners.get(serverId) === groupId && compute.servers.find(serverId) === undefined)
      .map(({ poolId, serverId }) => `server ${serverId} is gone, and still in pool ${poolId}`);
  }

  /** Nodes that the engine made for servers of the group which are gone, or have another address by now. One that the next one at the address wants is that one's. */
  #nodesLeftBehind({ ref: { tenantId, groupId } }: WatchedGroup, nodes: NodesByAddress): readonly string[] {
    const { servers } = this.#world.tenant(tenantId).compute;
    const reasons: string[] = [];
    for (const [address, places] of nodes) {
      for (const node of places) {
        const owner = this.#madeFor.get(nodeKey(tenantId, node.loadBalancerId, node.nodeId));
        if (owner?.groupId !== groupId || servers.find(owner.serverId)?.address === address) continue;
        const holder = servers.find(this.#holders.get(`${tenantId}/${address}`)?.serverId ?? owner.serverId);
        const isWanted = holder?.address === address && placesOf(holder).some((place) => isSame(node, place));
        if (!isWanted) reasons.push(`${address}:${node.port} of a server that is gone is still on ${node.loadBalancerId}`);
      }
    }
    return reasons;
  }

  #nodesOf(tenantId: TenantId): NodesByAddress {
    const nodes = new Map<string, NodeAt[]>();
    for (const record of this.#world.tenant(tenantId).loadBalancers.all()) {
      for (const { id: nodeId, address, port, condition } of record.nodes.values()) {
        const node = { loadBalancerId: record.id, nodeId, port, condition };
        const there = nodes.get(address);
        if (there === undefined) nodes.set(address, [node]);
        else there.push(node);
      }
    }
    return nodes;
  }
}

const nodeKey = (tenantId: TenantId, loadBalancerId: LoadBalancerId, nodeId: NodeId): string => `${tenantId} ${loadBalancerId} ${nodeId}`;

interface NodeAt {
  readonly loadBalancerId: LoadBalancerId;
  readonly nodeId: NodeId;
  readonly port: number;
  readonly condition: NodeCondition;
}
type NodesByAddress = ReadonlyMap<string, readonly NodeAt[]>;

/** Where a server must be, by its own metadata. */
const placesOf = ({ metadata }: ServerRecord): readonly DesiredNode[] =>
  readServerMetadata(metadata).desiredLoadBalancers.filter((place) => place.kind === 'clb');

const isSame = (node: NodeAt, place: DesiredNode): boolean => node.loadBalancerId === place.loadBalancerId && node.port === place.port;

/** A load balancer never has two nodes of one address and port, so that one that fits is the only one. */
const isLive = (server: ServerRecord, place: DesiredNode, nodes: NodesByAddress): boolean =>
  (nodes.get(server.address) ?? []).some((node) => isSame(node, place) && node.condition === 'ENABLED');

function whyMisplaced(server: ServerRecord, nodes: NodesByAddress): readonly string[] {
  const desired = placesOf(server);
  const missing = desired
    .filter((place) => !isLive(server, place, nodes))
    .map(({ loadBalancerId, port }) => `server ${server.id} has no ENABLED node on ${loadBalancerId}:${port}`);
  const extra = (nodes.get(server.address) ?? [])
    .filter((node) => !desired.some((place) => isSame(node, place)))
    .map(({ loadBalancerId, port }) => `server ${server.id} has a node on ${loadBalancerId}:${port}, where it does not belong`);
  return [...missing, ...extra];
}
