import type { EpochMs, JsonObject, PoolId, PoolMember, ServerId } from '@lutra/core';
import type { NetworkRecord } from './nova-calls.ts';

export interface PoolRecord {
  readonly id: PoolId;
  readonly name: string;
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly virtualIp: string;
  readonly nodes: number;
}
/** A server in a pool, or on its way into or out of it. */
export interface PoolNode {
  readonly id: string;
  readonly poolId: PoolId;
  readonly serverId: ServerId;
  readonly status: 'ADDING' | 'ACTIVE' | 'REMOVING';
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs | undefined;
}
export interface PoolNodeDetail {
  readonly node: PoolNode;
  readonly serverName: string | null;
  /** By the label of the network. */
  readonly addresses: Readonly<Record<string, string>>;
}
/** An event, as somebody published it. */
export interface PublishedEvent {
  readonly id: string;
  readonly at: EpochMs;
  readonly entry: JsonObject;
}
interface OfPool {
  readonly poolId: PoolId;
}

/** Calls of RackConnect v3 and of Cloud Feeds. */
export interface PoolCalls {
  'pool.list': { params: Record<never, never>; value: readonly PoolRecord[] };
  'pool.get': { params: OfPool; value: PoolRecord };
  'pool_node.list': { params: OfPool; value: readonly PoolNode[] };
  /** With what each server is, as far as it is there. */
  'pool_node.list_details': { params: OfPool; value: readonly PoolNodeDetail[] };
  'pool_node.get': { params: OfPool & { readonly nodeId: string }; value: PoolNode };
  'pool_node.remove': { params: OfPool & { readonly nodeId: string }; value: null };
  'pool_member.list': { params: Record<never, never>; value: readonly PoolMember[] };
  /** `strict`: with everything that RackConnect refuses; without, members that are there already, or gone already, are no error. */
  'pool_member.add': { params: { readonly members: readonly PoolMember[]; readonly strict?: boolean }; value: readonly PoolNode[] };
  'pool_member.remove': { params: { readonly members: readonly PoolMember[]; readonly strict?: boolean }; value: null };
  'cloud_network.list': { params: Record<never, never>; value: readonly NetworkRecord[] };
  'cloud_network.get': { params: { readonly id: string }; value: NetworkRecord };
  'event.publish': { params: { readonly feed: string; readonly entry: JsonObject }; value: PublishedEvent };
  'event.list': { params: { readonly feed: string }; value: readonly PublishedEvent[] };
}
