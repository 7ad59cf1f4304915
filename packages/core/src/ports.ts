/**
 * The only ways out of the core. A port says what it promises, what it rejects with and what is idempotent;
 * anyone who embeds lutra, simulates a cloud or keeps groups implements one of these and nothing else.
 * Ports return promises; streams are Observables.
 */
import type { Observable } from 'rxjs';
import type { PassRef } from './model/events.ts';
import type { GroupId, LoadBalancerId, NodeId, ServerId, TenantId } from './model/identifiers.ts';
import type { JsonObject, JsonValue } from './model/json.ts';
import type { LoadBalancer, NodeChange, NodeRequest, PoolMember } from './model/load-balancer.ts';
import type { Server } from './model/server.ts';
import type { DurationMs, EpochMs } from './model/time.ts';

export type { ActivityPage, Decision, DueGroup, GroupStateRow, PageRequest, Secrets, Store } from './ports/store.ts';

/** Time: the only way any package reads it or waits for it. One per process. */
export interface Clock {
  /** Never earlier than it said before. */
  now(): EpochMs;
  /** Emits once after `delay`, then completes; unsubscribing cancels. */
  after(delay: DurationMs): Observable<void>;
}

/** A named stream of numbers for one sequential user. */
export interface RandomStream {
  /** The next number, 0 <= n < 1. */
  next(): number;
}
/** Chance. In the simulator everything follows from the seed. */
export interface Random {
  /** A named sub-stream, independent of all others; the same name starts the same stream again. */
  fork(name: string): Random & RandomStream;
  /** Stateless: 0 <= n < 1 from the seed and the keys alone. For every choice whose order concurrent calls could change. */
  at(...keys: readonly (string | number)[]): number;
  /** `count` bytes that nobody can guess (in the simulator: from the seed). */
  secretBytes(count: number): Uint8Array;
  /** A lower-case version 4 UUID. */
  uuid(): string;
}

/** What every call to the cloud is given. */
export interface CallOptions {
  /** Aborting gives up waiting; a write may be done all the same. */
  readonly signal: AbortSignal;
  /** The passes that the call is made for, several where groups share a write. For traces and logs: nothing may depend on it. */
  readonly passes?: readonly PassRef[];
}
/** What a call that writes to the cloud is given. */
export interface WriteOptions extends CallOptions {
  /**
   * Whether an attempt may start now: pause, stop and a lost tenant say no at once. Ask it in the same turn in which an attempt is handed
   * to the wire: the first one, each retry, and the one after a new token. After a no send nothing more. Reject as `not-started` if no
   * attempt was sent before; as that attempt was refused, if the cloud has refused it; as `not-repeated` if its effect is unknown. Never
   * throws, and answers at once.
   */
  readonly mayStart: () => boolean;
}

/** What Nova is asked to create. */
export interface ServerRequest {
  /** The Nova `server` object, complete: name, metadata and whatever else the launch configuration holds. */
  readonly server: JsonObject;
}
/** Something may have happened to a server, load balancer or group: look. Carries nothing to act on. */
export interface ProviderEvent {
  readonly groupId: GroupId | undefined;
}
/** What the launch configuration checks need of an image. */
export interface Image {
  readonly id: string;
  readonly status: string;
}
/** Limits of the tenant's compute account. */
export interface ComputeLimits {
  readonly maxPersonality: number;
  /** Bytes, decoded. */
  readonly maxPersonalitySize: number;
}
/** Every server of a tenant at one moment. */
export interface ServerListing {
  /** Newest first (created, then id). */
  readonly servers: readonly Server[];
  /** What time it is, as the service says in its answer (HTTP `Date`); undefined = it does not say. Ages of servers are counted by it. */
  readonly cloudNow: EpochMs | undefined;
}

/** What became of a question about several servers. One of which nothing is said was not answered: it may be there, or not. */
export interface ServersById {
  readonly servers: readonly Server[];
  /** The cloud says that there is none of this id. */
  readonly absent: readonly ServerId[];
}
/** Every load balancer of a tenant that is not deleted, each in one of the two lists. */
export interface LoadBalancerListing {
  readonly loadBalancers: readonly LoadBalancer[];
  /** There are these, and what is on them could not be read. */
  readonly unread: readonly UnreadLoadBalancer[];
  /** As of servers: ages on load balancers are counted by their own service's time. Absent = it does not say. */
  readonly cloudNow?: EpochMs | undefined;
}
export interface UnreadLoadBalancer {
  readonly id: LoadBalancerId;
  /** A sentence. */
  readonly reason: string;
}

/**
 * The cloud, tenant by tenant. Every call rejects only with a CloudError, which says whether its effect was refused, was not sent or is
 * unknown. Reads are idempotent. Of the writes, `createServer` and `addNodes` are not: their answer may be lost after the fact.
 */
export interface Cloud {
  listServers(tenantId: TenantId, options: CallOptions): Promise<ServerListing>;
  /** One server; undefined when the cloud says that there is none. */
  getServer(tenantId: TenantId, id: ServerId, options: CallOptions): Promise<Server | undefined>;
  /**
   * Several servers, by one call where the cloud has one, else one by one, a few at a time. Rejects only when not one of them was answered.
   */
  getServers(tenantId: TenantId, ids: readonly ServerId[], options: CallOptions): Promise<ServersById>;
  /** Servers whose name is exactly this: another way to look than the listing, for a server that does not show there. */
  findServers(tenantId: TenantId, name: string, options: CallOptions): Promise<readonly Server[]>;
  /** Servers that have exactly this address, whosever they are: another way to look than the listing, before an address is nobody's. */
  serversAt(tenantId: TenantId, address: string, options: CallOptions): Promise<readonly Server[]>;
  /**
   * Every load balancer, with its nodes and whether a health monitor is on. One that cannot be read, or not in time, fails nothing but
   * itself. Rejects when the list itself cannot be read, or when the service asks to stay away: then nothing is known of any.
   */
  listLoadBalancers(tenantId: TenantId, options: CallOptions): Promise<LoadBalancerListing>;
  /** One of them; undefined when the cloud says that there is none of that id, or it is deleted. Rejects when it cannot be read. */
  getLoadBalancer(tenantId: TenantId, id: LoadBalancerId, options: CallOptions): Promise<LoadBalancer | undefined>;
  /** Members of every RackConnect v3 pool; empty for a tenant without RackConnect. Rejects when any of them cannot be read. */
  listPoolMembers(tenantId: TenantId, options: CallOptions): Promise<readonly PoolMember[]>;
  /** undefined when there is none of that id. */
  getImage(tenantId: TenantId, id: string, options: CallOptions): Promise<Image | undefined>;
  /** Whether there is a flavor of that id. */
  hasFlavor(tenantId: TenantId, id: string, options: CallOptions): Promise<boolean>;
  getLimits(tenantId: TenantId, options: CallOptions): Promise<ComputeLimits>;

  /** Resolves when the cloud accepts; the server is then in BUILD. Not idempotent. */
  createServer(
    tenantId: TenantId,
    request: ServerRequest,
    options: WriteOptions,
  ): Promise<{ readonly id: ServerId; readonly links: readonly JsonValue[] }>;
  /** Idempotent: a server already gone counts as deleted. Resolves when the cloud accepts, long before the server is gone. */
  deleteServer(tenantId: TenantId, id: ServerId, options: WriteOptions): Promise<void>;
  /** Idempotent. */
  setServerMetadata(tenantId: TenantId, id: ServerId, key: string, value: string, options: WriteOptions): Promise<void>;
  /** Removes the metadata items whose keys start with one of the prefixes, so that the server is nobody's. Idempotent. */
  stripServerMetadata(tenantId: TenantId, id: ServerId, prefixes: readonly string[], options: WriteOptions): Promise<void>;
  /** All or nothing. Locks the load balancer for seconds. Not idempotent, but a second try is refused as duplicate. */
  addNodes(tenantId: TenantId, loadBalancerId: LoadBalancerId, nodes: readonly NodeRequest[], options: WriteOptions): Promise<void>;
  /** Idempotent. Locks the load balancer for seconds. */
  changeNode(tenantId: TenantId, loadBalancerId: LoadBalancerId, nodeId: NodeId, change: NodeChange, options: WriteOptions): Promise<void>;
  /** Idempotent: nodes already gone, or gone with their load balancer, count as removed. Locks the load balancer for seconds. */
  removeNodes(tenantId: TenantId, loadBalancerId: LoadBalancerId, nodeIds: readonly NodeId[], options: WriteOptions): Promise<void>;
  /** Idempotent: members already there count as added. */
  addPoolMembers(tenantId: TenantId, members: readonly PoolMember[], options: WriteOptions): Promise<void>;
  /** Idempotent: members already gone count as removed. */
  removePoolMembers(tenantId: TenantId, members: readonly PoolMember[], options: WriteOptions): Promise<void>;

  /** Hints only: late, doubled, reordered or lost at will. One that fails or completes is subscribed to again. */
  events$(tenantId: TenantId): Observable<ProviderEvent>;
}

/** Structured log, pino-shaped. Never gets secrets. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
/** Says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** What the engine measures, for a host to bind to its own. Never throws. */
export interface Metrics {
  /** A group is looked at, `lag` after it was due. */
  wokeUp(lag: DurationMs): void;
  /** A pass is over: how it ended, and how long it took with its wait for a slot. */
  passEnded(end: string, took: DurationMs): void;
  /** A step of a pass, and whether the cloud did it: accepted, refused, unknown, or unsent. */
  stepEnded(kind: string, effect: string): void;
  /** A group has converged, `took` after the last command that raised its generation. */
  converged(took: DurationMs): void;
  /** A listing was answered: how far the cloud's clock is ahead of ours; negative when it is behind. */
  clockSkew(skew: DurationMs): void;
  /** Operators stopped all hosts, or lifted that. It starts with false. */
  stopped(isStopped: boolean): void;
}
/** Forgets it all. */
export const noMetrics: Metrics = { wokeUp() {}, passEnded() {}, stepEnded() {}, converged() {}, clockSkew() {}, stopped() {} };
