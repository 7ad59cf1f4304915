import {
  between,
  type DurationMs,
  type EpochMs,
  epochMs,
  type JsonObject,
  type LoadBalancerId,
  later,
  milliseconds,
  type Node,
  type NodeChange,
  type NodeId,
  type NodeRequest,
  type NodeStatus,
  seconds,
  type TenantId,
} from '@lutra/core';
import { BalancerFeeds, nodeSummary } from './balancer-feed.ts';
import { connectionsOf } from './connections.ts';
import { HealthProbes } from './health-probes.ts';
import {
  type FeedEntry,
  goodNodeFate,
  hookSeconds,
  isWeighted,
  type LoadBalancerAbout,
  type LoadBalancerRecord,
  type LoadBalancerSettings,
  type LoadBalancerStatus,
  type NodeFate,
  type NodeRecord,
} from './load-balancer-record.ts';
import { type LoadBalancersSnapshot, restoredFrom, savedOf } from './load-balancers-snapshot.ts';
import { newLoadBalancer, plainAbout } from './new-load-balancer.ts';
import { drawDuration } from './pace.ts';
import { remember } from './past-nodes.ts';
import type { Surroundings } from './surroundings.ts';
import type { Actor, WorldEvent } from './world-event.ts';

/** A deleted load balancer is known as such for this long; then there never was one. */
const purgeAfter = seconds(3600);
/** Load balancers that are known at once, deleted ones too. */
const mostKnown = 500;

/**
 * One tenant's Cloud Load Balancers. Every write by a caller locks its load balancer for seconds. Under a health monitor a node is
 * OFFLINE until its probes find its server up; they look when a node is added and whenever something happens to its server.
 */
export class LoadBalancers {
  readonly #tenantId: TenantId;
  readonly #around: Surroundings;
  readonly #probes: HealthProbes;
  readonly #feeds: BalancerFeeds;
  readonly #byId = new Map<LoadBalancerId, LoadBalancerRecord>();
  /** Load balancers that were ever asked for. */
  #made = 0;

  /** `answersAt`: whether something answers at an address, as a probe would find. */
  constructor(tenantId: TenantId, around: Surroundings, answersAt: (address: string) => boolean) {
    this.#tenantId = tenantId;
    this.#around = around;
    this.#probes = new HealthProbes(tenantId, around, { answersAt, found: (record, id, status) => this.#found(record, id, status) });
    this.#feeds = new BalancerFeeds(tenantId, around);
  }

  /** Adds an empty load balancer, or sets the one that has this id. */
  make(id: LoadBalancerId, settings: Partial<LoadBalancerSettings> = {}, about: Partial<LoadBalancerAbout> = {}): LoadBalancerRecord {
    const known = this.find(id);
    if (known !== undefined) {
      this.set(known, settings);
      return known;
    }
    const now = this.#around.clock.now();
    const record = newLoadBalancer(id, { ...plainAbout(this.#around.random, this.#tenantId, id), createdAt: now, ...about }, settings);
    this.#byId.set(id, record);
    return record;
  }

  /** Makes one that somebody asked for: in BUILD for as long as a write locks, unless its metadata says how long. */
  create(
    about: Pick<LoadBalancerAbout, 'name' | 'protocol' | 'port' | 'algorithm' | 'metadata'>,
    virtualIpType: string,
  ): LoadBalancerRecord {
    const { random, clock, pace } = this.#around;
    this.#made += 1;
    this.#forgetDeleted();
    const id = this.#newId();
    const [virtualIp] = plainAbout(random, this.#tenantId, id).virtualIps;
    const record = this.make(id, {}, { ...about, virtualIps: virtualIp === undefined ? [] : [{ ...virtualIp, type: virtualIpType }] });
    const asked = hookSeconds(about.metadata, 'lb_building', 10);
    const builds = asked ?? drawDuration(pace.lock, random, 'lock', this.#tenantId, id, 'build');
    record.forced = { status: 'BUILD', since: clock.now(), until: later(clock.now(), builds) };
    this.#feeds.tell(record, undefined, `Load balancer successfully created with name: '${about.name}', protocol: '${about.protocol}'`);
    return record;
  }

  /** Changes what a load balancer is for. */
  update(record: LoadBalancerRecord, change: Partial<LoadBalancerAbout>): void {
    record.about = { ...record.about, ...change };
    this.#feeds.tell(record, undefined, `Load balancer successfully updated with name: '${record.about.name}'`);
    this.#lock(record, 'caller');
  }

  /** Turns the health monitor on, as given, or off. */
  monitor(record: LoadBalancerRecord, monitor: JsonObject | undefined): void {
    record.monitor = monitor;
    this.set(record, { healthMonitor: monitor !== undefined }, 'caller');
    this.#lock(record, 'caller');
  }

  /** What happened to it, newest first; not yet what its feed has not heard of. */
  feedOf(record: LoadBalancerRecord): readonly FeedEntry[] {
    return this.#feeds.read(record);
  }

  /** Somebody finds that a node is up or down, whatever probes would find. */
  setStatus(record: LoadBalancerRecord, id: NodeId, status: NodeStatus): void {
    this.#found(record, id, status);
  }

  snapshot(): LoadBalancersSnapshot {
    return { records: [...this.#byId.values()].map(savedOf), made: this.#made };
  }

  /** Becomes what it was when the snapshot was made; probes and deletions that were on their way go on. */
  restore({ records, made }: LoadBalancersSnapshot): void {
    for (const record of this.#byId.values()) this.#probes.stopAll(record);
    this.#byId.clear();
    this.#made = made;
    for (const saved of records) {
      const record = restoredFrom(saved);
      this.#byId.set(record.id, record);
      const now = this.#around.clock.now();
      for (const [id, at] of saved.probes) this.#probes.verdictAt(record, id, at);
      if (record.deletion !== undefined && (record.deletion.done > now || record.nodes.size > 0))
        this.#deleteAt(record, record.deletion.done, 'caller');
    }
  }

  /** Changes settings. A health monitor that is turned on begins to probe; without one every node passes for ONLINE. */
  set(record: LoadBalancerRecord, settings: Partial<LoadBalancerSettings>, by: Actor = 'outsider'): void {
    const before = record.settings.healthMonitor;
    record.settings = { ...record.settings, ...settings };
    const now = record.settings.healthMonitor;
    if (now === before) return;
    this.#tellChange(record, now ? 'health monitor on' : 'health monitor off', by);
    for (const node of record.nodes.values()) {
      if (now) this.#probes.look(record, node);
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

  /** The node as the cloud shows it now: where nothing is chosen by weight, all weigh the same. */
  show(record: LoadBalancerRecord, node: NodeRecord): Node {
    const { connections, tellsDrainStart } = record.settings;
    if (node.weight !== 1 && !isWeighted(record.about)) return this.show(record, { ...node, weight: 1 });
    const { id, loadBalancerId, address, port, condition, status, type, weight, drainingSince } = node;
    const { random, clock } = this.#around;
    return {
      id,
      loadBalancerId,
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
      const { id: loadBalancerId } = record;
      return { id, loadBalancerId, address, port, weight, condition, type, status, drainingSince, served: false, fate };
    });
    for (const node of nodes) {
      remember(record, this.#around.clock.now(), node.id);
      record.nodes.set(node.id, node);
      this.#tellNode('node-added', record, node, by);
      this.#probes.look(record, node);
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
      remember(record, this.#around.clock.now(), node.id);
      record.nodes.delete(node.id);
      this.#probes.stop(record, node.id);
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

  /** The load balancer is PENDING_DELETE for so long, then DELETED, with its nodes. */
  delete(record: LoadBalancerRecord, by: Actor, pendingFor: DurationMs = milliseconds(0)): void {
    if (record.deletion !== undefined) return;
    const { clock } = this.#around;
    const asked = clock.now();
    record.deletion = { asked, done: later(asked, pendingFor) };
    if (pendingFor <= 0) this.#finishDeletion(record, by);
    else {
      this.#tellChange(record, 'PENDING_DELETE');
      this.#deleteAt(record, record.deletion.done, by);
    }
  }

  /** Something happened to a server at this address: where a health monitor is on, probes will find out. */
  lookAgainAt(address: string): void {
    if (address === '') return;
    for (const record of this.#byId.values()) {
      if (!record.settings.healthMonitor) continue;
      for (const node of record.nodes.values()) if (node.address === address) this.#probes.look(record, node);
    }
  }

  #deleteAt(record: LoadBalancerRecord, at: EpochMs, by: Actor): void {
    const { clock } = this.#around;
    clock.after(between(clock.now(), at)).subscribe(() => {
      if (this.#byId.get(record.id) === record) this.#finishDeletion(record, by);
    });
  }

  #finishDeletion(record: LoadBalancerRecord, by: Actor): void {
    this.#probes.stopAll(record);
    record.nodes.clear();
    const { clock, tell } = this.#around;
    tell({ kind: 'load-balancer-deleted', at: clock.now(), tenantId: this.#tenantId, loadBalancerId: record.id, by });
  }

  #found(record: LoadBalancerRecord, id: NodeId, status: NodeStatus): void {
    const node = record.nodes.get(id);
    if (node !== undefined && node.status !== status) this.#put(record, { ...node, status }, 'cloud');
  }

  #put(record: LoadBalancerRecord, node: NodeRecord, by: Actor): void {
    remember(record, this.#around.clock.now(), node.id);
    record.nodes.set(node.id, node);
    this.#tellNode('node-changed', record, node, by);
  }

  #lock(record: LoadBalancerRecord, by: Actor): void {
    if (by !== 'caller') return; // an outsider's write has unlocked again when anybody looks
    const { clock, random, pace } = this.#around;
    record.writes += 1;
    record.updatedAt = clock.now();
    const { metadata } = record.about;
    const locks = hookSeconds(metadata, 'lb_pending_update', 0);
    record.lockedUntil = later(clock.now(), locks ?? drawDuration(pace.lock, random, 'lock', this.#tenantId, record.id, record.writes));
    if ('lb_error_state' in metadata) record.forced = { status: 'ERROR', since: clock.now(), until: epochMs(Number.MAX_SAFE_INTEGER) };
  }

  #tellNode(kind: Extract<WorldEvent, { nodeId: NodeId }>['kind'], record: LoadBalancerRecord, node: NodeRecord, by: Actor): void {
    this.#feeds.tell(record, node.id, nodeSummary(kind, node, by));
    const { id: nodeId, address, port, condition, status, connections } = this.show(record, node);
    const { tell, clock } = this.#around;
    const about = { at: clock.now(), tenantId: this.#tenantId, loadBalancerId: record.id, nodeId, address, port, condition, status, by };
    tell({ kind, ...about, ...(connections === undefined ? {} : { connections }) });
  }

  /** Those that were deleted first make room: a tenant can make and delete as many as it likes. */
  #forgetDeleted(): void {
    for (const [id, { deletion }] of this.#byId) {
      if (this.#byId.size < mostKnown) return;
      if (deletion !== undefined && deletion.done <= this.#around.clock.now()) this.#byId.delete(id);
    }
  }

  /** Five digits that no other load balancer of the tenant has. */
  #newId(): LoadBalancerId {
    for (let tries = 0; ; tries += 1) {
      const drawn = this.#around.random.at('load balancer', this.#tenantId, this.#made, tries);
      const id = String(10_000 + Math.floor(drawn * 90_000)) as LoadBalancerId;
      if (!this.#byId.has(id)) return id;
      if (tries > 1000) throw new Error('A tenant has too many load balancers to find an id for one more.');
    }
  }

  #tellChange({ id: loadBalancerId }: LoadBalancerRecord, to: string, by: Actor = 'outsider'): void {
    const { tell, clock } = this.#around;
    tell({ kind: 'load-balancer-changed', at: clock.now(), tenantId: this.#tenantId, loadBalancerId, to, by });
  }
}
