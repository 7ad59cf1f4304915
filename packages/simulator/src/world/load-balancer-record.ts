import type { DurationMs, EpochMs, JsonObject, LoadBalancerId, Node, NodeId, NodeRequest } from '@lutra/core';
import type { Subscription } from 'rxjs';
import { secondsIn } from '../duration.ts';

/** How a node gets on under a health monitor. */
export interface NodeFate {
  /** How long its first good probes take; `never`: its application does not come up; undefined = as the pace of the cloud says. */
  readonly online?: DurationMs | 'never' | undefined;
  /** Once ONLINE, it goes OFFLINE and back each time so much has passed. */
  readonly flaps?: DurationMs | undefined;
}
/** Comes ONLINE when its server is up. */
export const goodNodeFate: NodeFate = {};

/** A node of a load balancer as it truly is. Never changed: a changed node is a new record under the same id. */
export interface NodeRecord extends Omit<Node, 'connections'> {
  /** It took traffic until it began to drain: only then has it connections to finish. */
  readonly served: boolean;
  readonly fate: NodeFate;
}

/** How connections of the nodes of a load balancer come and go. */
export interface Connections {
  /** Of a node that is in rotation. */
  readonly each: number;
  /** So long after a node began to drain the last of them is gone. */
  readonly gone: DurationMs;
}

/** What the tenant, or the provider, set on a load balancer. */
export interface LoadBalancerSettings {
  readonly healthMonitor: boolean;
  /** Nodes at most. */
  readonly nodeLimit: number;
  /** undefined: the cloud does not tell connections, as the real API. */
  readonly connections: Connections | undefined;
  /** Whether nodes say since when they have been DRAINING. The real API does not: it has a feed for that. */
  readonly tellsDrainStart: boolean;
}

/** What its owner made a load balancer for. */
export interface LoadBalancerAbout {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly algorithm: string;
  readonly virtualIps: readonly { readonly id: number; readonly address: string; readonly type: string }[];
  readonly createdAt: EpochMs;
  readonly metadata: Readonly<Record<string, string>>;
}
/** Something that happened to a load balancer or to one of its nodes, as its feed tells it. */
export interface FeedEntry {
  readonly at: EpochMs;
  readonly nodeId: NodeId | undefined;
  readonly summary: string;
}

/** A feed as it is told: newest first, on pages of the usual size, and it ends; unless it says otherwise. */
export type FeedEntries = readonly FeedEntry[] & { readonly pageSize?: number; readonly endless?: boolean };

/** Other entries of a feed that is told as that one is, but for what is said otherwise. */
export const feedLike = (
  { pageSize, endless }: FeedEntries,
  entries: readonly FeedEntry[],
  otherwise: Pick<FeedEntries, 'pageSize' | 'endless'> = {},
): FeedEntries =>
  Object.assign([...entries], { ...(pageSize !== undefined && { pageSize }), ...(endless !== undefined && { endless }), ...otherwise });

/** CLB `status`. */
export type LoadBalancerStatus = 'ACTIVE' | 'BUILD' | 'PENDING_UPDATE' | 'ERROR' | 'SUSPENDED' | 'PENDING_DELETE' | 'DELETED';

/** A load balancer as it truly is. Only `LoadBalancers` changes one. */
export interface LoadBalancerRecord {
  readonly id: LoadBalancerId;
  about: LoadBalancerAbout;
  /** The last write. */
  updatedAt: EpochMs;
  /** The health monitor as it was set; undefined where it was only turned on. */
  monitor: JsonObject | undefined;
  /** Oldest first. */
  feed: FeedEntry[];
  settings: LoadBalancerSettings;
  /** By node id, in the order of adding. */
  readonly nodes: Map<NodeId, NodeRecord>;
  /** PENDING_UPDATE before this instant. */
  lockedUntil: EpochMs;
  /** A status that somebody put it in, until an instant. */
  forced: { readonly status: LoadBalancerStatus; readonly since: EpochMs; readonly until: EpochMs } | undefined;
  /** PENDING_DELETE from the first instant on, DELETED from the second. */
  deletion: { readonly asked: EpochMs; readonly done: EpochMs } | undefined;
  /** How its nodes were before each change, oldest first, for listings that lag; no further back than `longestLag`. */
  readonly past: { readonly at: EpochMs; readonly id: NodeId; readonly node: NodeRecord | undefined }[];
  /** Verdicts of the health monitor that are on their way, by node. */
  readonly probes: Map<NodeId, { readonly at: EpochMs; readonly timer: Subscription }>;
  /** Nodes that were ever added; writes that were ever done. */
  added: number;
  writes: number;
}

/** What makes two nodes the same to a load balancer. */
export const placeKey = ({ address, port }: Pick<NodeRequest, 'address' | 'port'>): string => `${address}:${port}`;

/** The places of all its nodes. */
export const placesOf = ({ nodes }: Pick<LoadBalancerRecord, 'nodes'>): ReadonlySet<string> => new Set([...nodes.values()].map(placeKey));

/** Whether nodes have weights: with any other algorithm answers do not show them (spec/providers.md, section 4.2). */
export const isWeighted = ({ algorithm }: Pick<LoadBalancerAbout, 'algorithm'>): boolean => algorithm.startsWith('WEIGHTED_');

/** Seconds that metadata asks for (spec/simulator.md, section D); undefined when it does not; what it says and is no number is `otherwise`. */
export function hookSeconds(metadata: LoadBalancerAbout['metadata'], key: string, otherwise: number): DurationMs | undefined {
  const value = metadata[key];
  return value === undefined ? undefined : secondsIn(value, otherwise);
}
