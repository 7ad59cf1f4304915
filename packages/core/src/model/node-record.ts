import type { GroupId, LoadBalancerId, NodeId, ServerId } from './identifiers.ts';
import { tableOf } from './tables.ts';
import type { EpochMs } from './time.ts';

/** A node that we added, or were about to add, until it is seen gone (spec/planner.md, D21). It belongs to the tenant and outlives its group. */
export interface NodeRecord {
  readonly groupId: GroupId;
  readonly serverId: ServerId;
  readonly loadBalancerId: LoadBalancerId;
  readonly address: string;
  readonly port: number;
  /** null = not seen yet. */
  readonly nodeId: NodeId | null;
  /** When the add was planned, or the node was first seen. */
  readonly at: EpochMs;
  /** When the cloud took our removal of it; null = it has not. */
  readonly removedAt: EpochMs | null;
  /** When the first of the looks began that have not shown it since; null = the last look at its load balancer showed it. */
  readonly missedAt: EpochMs | null;
  /** When the first of the listings began that have shown nobody at its address since; null = somebody has it, or nobody looked. */
  readonly vacantAt: EpochMs | null;
  /** When the end of its server was confirmed; absent = it was not. */
  readonly endedAt?: EpochMs;
}

/** The key of a record: one for each server and place. A server that comes back with another address has nodes at both (D21). */
export const nodeRecordKey = ({
  serverId,
  loadBalancerId,
  address,
  port,
}: Pick<NodeRecord, 'serverId' | 'loadBalancerId' | 'address' | 'port'>): string =>
  `${serverId} ${placeKey({ loadBalancerId, address, port })}`;

/** The key of a place: one node at most stands there. */
export const placeKey = ({ loadBalancerId, address, port }: Pick<NodeRecord, 'loadBalancerId' | 'address' | 'port'>): string =>
  `${loadBalancerId} ${address}:${port}`;

/** A record of a node at which nobody has looked yet. */
export const freshRecord = (
  place: Pick<NodeRecord, 'groupId' | 'serverId' | 'loadBalancerId' | 'address' | 'port'>,
  nodeId: NodeId | null,
  at: EpochMs,
): NodeRecord => ({ ...place, nodeId, at, removedAt: null, missedAt: null, vacantAt: null });

/** Records by their keys. */
export type NodeRecords = Readonly<Record<string, NodeRecord>>;
export const nodeRecordsOf = (records: readonly NodeRecord[]): NodeRecords => tableOf(records, nodeRecordKey);

/** What is left of a removed group for a day: a server that carries its id and one of the tokens is still ours to delete. */
export interface Tombstone {
  readonly groupId: GroupId;
  /** Of creates whose server was never seen. */
  readonly tokens: readonly string[];
  readonly at: EpochMs;
}
