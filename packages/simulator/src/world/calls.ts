import type { EpochMs, JsonObject, JsonValue, LoadBalancerId, Node, NodeChange, NodeId, NodeRequest, ServerId } from '@lutra/core';
import type { ClbCalls, LoadBalancerDetail, LoadBalancerSummary } from './clb-calls.ts';
import type { IdentityCalls } from './identity-calls.ts';
import type { FlavorRecord, ImageRecord, LimitsRecord, NovaCalls } from './nova-calls.ts';
import type { PoolCalls } from './pool-calls.ts';
import type { Refusal } from './refusal.ts';
import type { ServerLook } from './server-record.ts';
import type { WireFault } from './wire-fault.ts';

/** A page of a listing: what comes after `marker` (from the newest on without one), at most `limit` (all without one). */
export interface ServerPageRequest {
  readonly limit?: number | undefined;
  readonly marker?: ServerId | undefined;
  /** Only servers of exactly this name. */
  readonly name?: string | undefined;
  /** What else the servers must be like. */
  readonly filter?: ServerFilter | undefined;
}
export interface ServerFilter {
  /** A regular expression that part of the name fits, as Nova's database reads it. */
  readonly name?: string | undefined;
  readonly status?: string | undefined;
  /** A regular expression that an address of the server fits from its beginning. */
  readonly ip?: string | undefined;
  /** Ids. */
  readonly image?: string | undefined;
  readonly flavor?: string | undefined;
  /** Only those that changed since, with those that went since. */
  readonly changesSince?: EpochMs | undefined;
}
export interface ServerPage {
  /** How the servers look, newest first: by the order of making, which `created` follows. */
  readonly servers: readonly ServerLook[];
  /** Marker of the next page; undefined when this one was not full. */
  readonly next: ServerId | undefined;
  /** The cloud's own time when it read the page. */
  readonly cloudNow: EpochMs;
}
interface OfServer {
  readonly serverId: ServerId;
}
interface OfLoadBalancer {
  readonly loadBalancerId: LoadBalancerId;
}

/** Every call of the simulated cloud: what it is told and what it answers when it is not refused. Answers are snapshots: they never change. */
export interface Calls extends IdentityCalls, NovaCalls, ClbCalls, PoolCalls {
  'server.list': { params: ServerPageRequest; value: ServerPage };
  'server.get': { params: OfServer; value: JsonObject };
  'server.create': { params: { readonly server: JsonObject }; value: { id: ServerId; links: readonly JsonValue[]; adminPass: string } };
  'server.delete': { params: OfServer; value: null };
  'server.set_metadata': { params: OfServer & { readonly key: string; readonly value: string }; value: null };
  'server.strip_metadata': { params: OfServer & { readonly prefixes: readonly string[] }; value: null };
  'image.get': { params: { readonly id: string }; value: ImageRecord };
  'flavor.get': { params: { readonly id: string }; value: FlavorRecord };
  'limits.get': { params: Record<never, never>; value: LimitsRecord };
  'load_balancer.list': { params: Record<never, never>; value: readonly LoadBalancerSummary[] };
  'load_balancer.get': { params: OfLoadBalancer; value: LoadBalancerDetail };
  'health_monitor.get': { params: OfLoadBalancer; value: { readonly on: boolean; readonly monitor: JsonObject } };
  'node.list': { params: OfLoadBalancer; value: readonly Node[] };
  'node.add': { params: OfLoadBalancer & { readonly nodes: readonly NodeRequest[] }; value: readonly Node[] };
  'node.change': { params: OfLoadBalancer & { readonly nodeId: NodeId; readonly change: Partial<NodeChange> }; value: null };
  /** `single`: asked for by the path of the one node, not by a list of ids. */
  'node.remove': { params: OfLoadBalancer & { readonly nodeIds: readonly NodeId[]; readonly single?: boolean }; value: null };
}
/** Name of a call: what it is about, and the verb. */
export type OperationName = keyof Calls;
export type ParamsOf<N extends OperationName> = Calls[N]['params'];
export type ValueOf<N extends OperationName> = Calls[N]['value'];

/**
 * What comes back from the simulated cloud. `lost`: the connection broke before any answer, whatever was done. `wire`: how the answer
 * comes when a fault of the transport is in its way.
 */
export type Answer<T> =
  | { readonly kind: 'done'; readonly value: T; readonly wire?: WireFault }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly wire?: WireFault }
  | { readonly kind: 'lost'; readonly wire?: undefined };

/** Who calls, where a caller shows it: over HTTP. In process nobody is asked. */
export interface CallerMarks {
  /** The token that he shows. */
  readonly token: string | undefined;
  /** What software he says that he is. */
  readonly agent: string | undefined;
}
