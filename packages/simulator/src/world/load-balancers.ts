import { epochMs, type LoadBalancerId, later, type NodeChange, type NodeId, type NodeRequest, seconds, type TenantId } from '@lutra/core';
import type { LoadBalancerRecord, NodeRecord } from './load-balancer-record.ts';
import { drawDuration } from './pace.ts';
import type { Surroundings } from './surroundings.ts';
import type { Actor, WorldEvent } from './world-event.ts';

/** A deleted load balancer is known as such for this long; then there never was one. */
const purgeAfter = seconds(3600);

/** What makes two nodes the same to a load balancer. */
export const placeKey = ({ address, port }: Pick<NodeRequest, 'address' | 'port'>): string => `${address}:${port}`;

/** One tenant's Cloud Load Balancers. Every write by a caller locks its load balancer for seconds. */
export class LoadBalancers {
  readonly #tenantId: TenantId;
  readonly #around: Surroundings;
  readonly #byId = new Map<LoadBalancerId, LoadBalancerRecord>();

  constructor(tenantId: TenantId, around: Surroundings) {
    this.#tenantId = tenantId;
    this.#around = around;
  }

  /** Adds an empty load balancer, or answers the one that has this id. */
  make(id: LoadBalancerId, healthMonitor = false): LoadBalancerRecord {
    const known = this.find(id);
    if (known !== undefined) {
      known.healthMonitor ||= healthMonitor;
      return known;
    }
    const record: LoadBalancerRecord = {
      id,
      healthMonitor,
      nodes: new Map(),
      places: new Set(),
      lockedUntil: epochMs(0),
      deletedAt: undefined,
      added: 0,
      writes: 0,
    };
    this.#byId.set(id, record);
    return record;
  }

  /** Also one that was deleted less than an hour ago. */
  find(id: LoadBalancerId): LoadBalancerRecord | undefined {
    const record = this.#byId.get(id);
    if (record?.deletedAt === undefined || this.#around.clock.now() - record.deletedAt < purgeAfter) return record;
    this.#byId.delete(id);
    return undefined;
  }

  /** Those that are not deleted, in the order of making. */
  all(): readonly LoadBalancerRecord[] {
    return [...this.#byId.values()].filter((record) => record.deletedAt === undefined);
  }

  /** CLB `status`. */
  statusOf(record: LoadBalancerRecord): 'ACTIVE' | 'PENDING_UPDATE' | 'DELETED' {
    if (record.deletedAt !== undefined) return 'DELETED';
    return this.#around.clock.now() < record.lockedUntil ? 'PENDING_UPDATE' : 'ACTIVE';
  }

  addNodes(record: LoadBalancerRecord, requests: readonly NodeRequest[], by: Actor): readonly NodeRecord[] {
    const nodes = requests.map(({ address, port, weight, condition, type }): NodeRecord => {
      record.added += 1;
      const drainingSince = condition === 'DRAINING' ? this.#around.clock.now() : undefined;
      return { id: String(record.added) as NodeId, address, port, weight, condition, type, status: 'ONLINE', drainingSince };
    });
    for (const node of nodes) {
      record.nodes.set(node.id, node);
      record.places.add(placeKey(node));
      this.#tellNode('node-added', record, node, by);
    }
    this.#lock(record, by);
    return nodes;
  }

  changeNode(record: LoadBalancerRecord, node: NodeRecord, { condition, weight, type }: NodeChange, by: Actor): void {
    const since = condition === 'DRAINING' ? (node.drainingSince ?? this.#around.clock.now()) : undefined;
    const changed: NodeRecord = { ...node, condition, weight, type, drainingSince: since };
    record.nodes.set(node.id, changed);
    this.#tellNode('node-changed', record, changed, by);
    this.#lock(record, by);
  }

  removeNodes(record: LoadBalancerRecord, nodes: readonly NodeRecord[], by: Actor): void {
    for (const node of nodes) {
      record.nodes.delete(node.id);
      record.places.delete(placeKey(node));
      this.#tellNode('node-removed', record, node, by);
    }
    this.#lock(record, by);
  }

  /** The load balancer is deleted, with its nodes. */
  delete(record: LoadBalancerRecord, by: Actor): void {
    const { clock, tell } = this.#around;
    record.deletedAt = clock.now();
    record.nodes.clear();
    record.places.clear();
    tell({ kind: 'load-balancer-deleted', at: clock.now(), tenantId: this.#tenantId, loadBalancerId: record.id, by });
  }

  #lock(record: LoadBalancerRecord, by: Actor): void {
    if (by !== 'caller') return; // an outsider's write has unlocked again when anybody looks
    const { clock, random, pace } = this.#around;
    record.writes += 1;
    record.lockedUntil = later(clock.now(), drawDuration(pace.lock, random, 'lock', this.#tenantId, record.id, record.writes));
  }

  #tellNode(kind: Extract<WorldEvent, { nodeId: NodeId }>['kind'], record: LoadBalancerRecord, node: NodeRecord, by: Actor): void {
    const { id: nodeId, address, port, condition } = node;
    const { tell, clock } = this.#around;
    tell({ kind, at: clock.now(), tenantId: this.#tenantId, loadBalancerId: record.id, nodeId, address, port, condition, by });
  }
}
