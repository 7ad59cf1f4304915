import {
  type DurationMs,
  type EpochMs,
  epochMs,
  type LoadBalancerId,
  later,
  milliseconds,
  type NodeChange,
  type NodeId,
  type NodeRequest,
  type NodeStatus,
  seconds,
  type TenantId,
} from '@lutra/core';
import type { ShownNode } from './calls.ts';
import { nodesPerLoadBalancer } from './catalogue.ts';
import { connectionsOf } from './connections.ts';
import {
  goodNodeFate,
  type LoadBalancerRecord,
  type LoadBalancerSettings,
  type LoadBalancerStatus,
  type NodeFate,
  type NodeRecord,
} from './load-balancer-record.ts';
import { drawDuration, paces } from './pace.ts';
import { longestLag } from './published.ts';
import type { Surroundings } from './surroundings.ts';
import type { Actor, WorldEvent } from './world-event.ts';

/** A deleted load balancer is known as such for this long; then there never was one. */
const purgeAfter = seconds(3600);

/** What makes two nodes the same to a load balancer. */
export const placeKey = ({ address, port }: Pick<NodeRequest, 'address' | 'port'>): string => `${address}:${port}`;

const plain: LoadBalancerSettings = {
  healthMonitor: false,
  nodeLimit: nodesPerLoadBalancer,
  connections: undefined,
  tellsDrainStart: true,
};

/**
 * One tenant's Cloud Load Balancers. Every write by a caller locks its load balancer for seconds. Under a health monitor a node is
 * OFFLINE until its probes find its server up; they look when a node is added and whenever something happens to its server.
 */
export class LoadBalancers {
  readonly #tenantId: TenantId;
  readonly #around: Surroundings;
  readonly #answersAt: (address: string) => boolean;
  readonly #byId = new Map<LoadBalancerId, LoadBalancerRecord>();
  #version = 0;

  /** `answersAt`: whether something answers at an address, as a probe would find. */
  constructor(tenantId: TenantId, around: Surroundings, answersAt: (address: string) => boolean) {
    this.#tenantId = tenantId;
    this.#around = around;
    this.#answersAt = answersAt;
  }

  /** Another number whenever a node came, went or changed. */
  get version(): number {
    return this.#version;
  }

  /** Adds an empty load balancer, or sets the one that has this id. */
  make(id: LoadBalancerId, settings: Partial<LoadBalancerSettings> = {}): LoadBalancerRecord {
    const known = this.find(id);
    if (known !== undefined) {
      this.set(known, settings);
      return known;
    }
    const record: LoadBalancerRecord = {
      id,
      settings: { ...plain, ...settings },
      nodes: new Map(),
      places: new Set(),
      lockedUntil: epochMs(0),
      forced: undefined,
      deletion: undefined,
      past: [],
      probes: new Map(),
      added: 0,
      writes: 0,
    };
    this.#byId.set(id, record);
    return record;
  }

  /** Changes settings. A health monitor that is turned on begins to probe; without one every node passes for ONLINE. */
  set(record: LoadBalancerRecord, settings: Partial<LoadBalancerSettings>): void {
    const before = record.settings.healthMonitor;
    record.settings = { ...record.settings, ...settings };
    const now = record.settings.healthMonitor;
    if (now === before) return;
    this.#tellChange(record, now ? 'health monitor on' : 'health monitor off');
    for (const node of record.nodes.values()) {
      if (now) this.#probe(record, node);
      else this.#found(record, node.id, 'ONLINE');
    }
  }

  /** Also one that was deleted less than an hour ago. */
  find(id: LoadBalancerId): LoadBalancerRecord | undefined {
    const record = this.#byId.get(id);
    if (record?.deletion === undefined || this.#around.clock.now() - record.deletion.done < purgeAfter) return record;
    this.#byId.delete(id);
    return undefined;
  }

  /** Those that are not DELETED, in the order of making. */
  all(): readonly LoadBalancerRecord[] {
    const known = [...this.#byId.keys()].map((id) => this.find(id)).filter((record) => record !== undefined); // forgets old ones
    return known.filter((record) => this.statusOf(record) !== 'DELETED');
  }

  statusOf({ deletion, forced, lockedUntil }: LoadBalancerRecord): LoadBalancerStatus {
    const now = this.#around.clock.now();
    if (deletion !== undefined) return now < deletion.done ? 'PENDING_DELETE' : 'DELETED';
    if (forced !== undefined && now < forced.until) return forced.status;
    return now < lockedUntil ? 'PENDING_UPDATE' : 'ACTIVE';
  }

  /** The node as the cloud shows it now. */
  show(record: LoadBalancerRecord, node: NodeRecord): ShownNode {
    const { connections, tellsDrainStart } = record.settings;
    const { id, address, port, condition, status, type, weight, drainingSince } = node;
    const { random, clock } = this.#around;
    return {
      id,
      address,
      port,
      condition,
      status,
      type,
      weight,
      drainingSince: tellsDrainStart ? drainingSince : undefined,
      connections: connections && connectionsOf(node, connections, clock.now(), random.at('connections', this.#tenantId, record.id, id)),
    };
  }

  addNodes(record: LoadBalancerRecord, requests: readonly NodeRequest[], by: Actor, fate: NodeFate = goodNodeFate): readonly NodeRecord[] {
    const nodes = requests.map(({ address, port, weight, condition, type }): NodeRecord => {
      record.added += 1;
      const drainingSince = condition === 'DRAINING' ? this.#around.clock.now() : undefined;
      const status = record.settings.healthMonitor ? 'OFFLINE' : 'ONLINE';
      const id = String(record.added) as NodeId;
      return { id, address, port, weight, condition, type, status, drainingSince, served: false, fate };
    });
    for (const node of nodes) {
      this.#remember(record, node.id);
      record.nodes.set(node.id, node);
      record.places.add(placeKey(node));
      this.#tellNode('node-added', record, node, by);
      this.#probe(record, node);
    }
    this.#lock(record, by);
    return nodes;
  }

  changeNode(record: LoadBalancerRecord, node: NodeRecord, { condition, weight, type }: NodeChange, by: Actor): void {
    const drains = condition === 'DRAINING';
    const drainingSince = drains ? (node.drainingSince ?? this.#around.clock.now()) : undefined;
    const served = drains && (node.condition === 'ENABLED' || node.served);
    this.#put(record, { ...node, condition, weight, type, drainingSince, served }, by);
    this.#lock(record, by);
  }

  removeNodes(record: LoadBalancerRecord, nodes: readonly NodeRecord[], by: Actor): void {
    for (const node of nodes) {
      this.#remember(record, node.id);
      record.nodes.delete(node.id);
      record.places.delete(placeKey(node));
      record.probes.get(node.id)?.unsubscribe();
      record.probes.delete(node.id);
      this.#tellNode('node-removed', record, node, by);
    }
    this.#lock(record, by);
  }

  /** The load balancer is in this status for so long, whatever it was in. */
  force(record: LoadBalancerRecord, status: LoadBalancerStatus, span: DurationMs): void {
    const since = this.#around.clock.now();
    record.forced = { status, since, until: later(since, span) };
    this.#tellChange(record, status);
  }

  /** A load balancer in ERROR is repaired so long after it broke, if that is sooner than it would be. */
  repairAfter(record: LoadBalancerRecord, span: DurationMs): void {
    const { forced } = record;
    if (forced?.status === 'ERROR') record.forced = { ...forced, until: epochMs(Math.min(forced.until, forced.since + span)) };
  }

  /** Its last write locks it for so long from now on. */
  lockFor(record: LoadBalancerRecord, span: DurationMs): void {
    record.lockedUntil = later(this.#around.clock.now(), span);
  }

  /** Its nodes as they were at an instant, at most `longestLag` ago. */
  nodesAt(record: LoadBalancerRecord, instant: EpochMs): readonly NodeRecord[] {
    const nodes = new Map(record.nodes);
    for (const { at, id, node } of record.past.toReversed()) {
      if (at <= instant) break;
      if (node === undefined) nodes.delete(id);
      else nodes.set(id, node);
    }
    return [...nodes.values()].sort((a, b) => Number(a.id) - Number(b.id));
  }

  /** The load balancer is PENDING_DELETE for so long, then DELETED, with its nodes. */
  delete(record: LoadBalancerRecord, by: Actor, pendingFor: DurationMs = milliseconds(0)): void {
    if (record.deletion !== undefined) return;
    const { clock } = this.#around;
    const asked = clock.now();
    record.deletion = { asked, done: later(asked, pendingFor) };
    if (pendingFor <= 0) this.#finishDeletion(record, by);
    else {
      this.#tellChange(record, 'PENDING_DELETE');
      clock.after(pendingFor).subscribe(() => this.#finishDeletion(record, by));
    }
  }

  /** Something happened to a server at this address: where a health monitor is on, probes will find out. */
  lookAgainAt(address: string): void {
    if (address === '') return;
    for (const record of this.#byId.values()) {
      if (!record.settings.healthMonitor) continue;
      for (const node of record.nodes.values()) if (node.address === address) this.#probe(record, node);
    }
  }

  #finishDeletion(record: LoadBalancerRecord, by: Actor): void {
    for (const probe of record.probes.values()) probe.unsubscribe();
    record.probes.clear();
    record.nodes.clear();
    record.places.clear();
    this.#version += 1;
    const { clock, tell } = this.#around;
    tell({ kind: 'load-balancer-deleted', at: clock.now(), tenantId: this.#tenantId, loadBalancerId: record.id, by });
  }

  /** The health monitor looks at a node; its verdict comes after as many probes as it needs. */
  #probe(record: LoadBalancerRecord, { id, fate }: NodeRecord): void {
    if (!record.settings.healthMonitor) return;
    record.probes.get(id)?.unsubscribe();
    const { clock, random, pace } = this.#around;
    const takes =
      typeof fate.online === 'number'
        ? fate.online
        : drawDuration(pace.probe ?? paces.demo.probe, random, 'probe', this.#tenantId, record.id, id, clock.now());
    const verdict = clock.after(takes).subscribe(() => {
      record.probes.delete(id);
      const node = record.nodes.get(id);
      if (node !== undefined) this.#found(record, id, node.fate.online !== 'never' && this.#answersAt(node.address) ? 'ONLINE' : 'OFFLINE');
      if (node?.fate.flaps !== undefined) this.#flap(record, id, node.fate.flaps);
    });
    record.probes.set(id, verdict);
  }

  /** The node goes OFFLINE and back, for as long as it is there and watched. */
  #flap(record: LoadBalancerRecord, id: NodeId, period: DurationMs): void {
    const turn = this.#around.clock.after(period).subscribe(() => {
      record.probes.delete(id);
      const node = record.nodes.get(id);
      if (node === undefined || !record.settings.healthMonitor) return;
      this.#found(record, id, node.status === 'OFFLINE' && this.#answersAt(node.address) ? 'ONLINE' : 'OFFLINE');
      this.#flap(record, id, period);
    });
    record.probes.set(id, turn);
  }

  #found(record: LoadBalancerRecord, id: NodeId, status: NodeStatus): void {
    const node = record.nodes.get(id);
    if (node !== undefined && node.status !== status) this.#put(record, { ...node, status }, 'cloud');
  }

  #put(record: LoadBalancerRecord, node: NodeRecord, by: Actor): void {
    this.#remember(record, node.id);
    record.nodes.set(node.id, node);
    this.#tellNode('node-changed', record, node, by);
  }

  /** Keeps how a node is before it changes. */
  #remember(record: LoadBalancerRecord, id: NodeId): void {
    const now = this.#around.clock.now();
    const old = record.past.findIndex(({ at }) => at >= now - longestLag);
    if (old > 0) record.past.splice(0, old);
    record.past.push({ at: now, id, node: record.nodes.get(id) });
  }

  #lock(record: LoadBalancerRecord, by: Actor): void {
    if (by !== 'caller') return; // an outsider's write has unlocked again when anybody looks
    const { clock, random, pace } = this.#around;
    record.writes += 1;
    record.lockedUntil = later(clock.now(), drawDuration(pace.lock, random, 'lock', this.#tenantId, record.id, record.writes));
  }

  #tellNode(kind: Extract<WorldEvent, { nodeId: NodeId }>['kind'], record: LoadBalancerRecord, node: NodeRecord, by: Actor): void {
    this.#version += 1;
    const { id: nodeId, address, port, condition, status, connections } = this.show(record, node);
    const { tell, clock } = this.#around;
    const about = { at: clock.now(), tenantId: this.#tenantId, loadBalancerId: record.id, nodeId, address, port, condition, status, by };
    tell({ kind, ...about, ...(connections === undefined ? {} : { connections }) });
  }

  #tellChange({ id: loadBalancerId }: LoadBalancerRecord, to: string): void {
    const { tell, clock } = this.#around;
    tell({ kind: 'load-balancer-changed', at: clock.now(), tenantId: this.#tenantId, loadBalancerId, to, by: 'outsider' });
  }
}
