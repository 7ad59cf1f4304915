import type { GroupId, LoadBalancerId, NodeId, ServerId } from './identifiers.ts';
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
  /** When the add was planned. */
  readonly at: EpochMs;
}

/** The key of a record: one for each server and place. A server that comes back with another address has nodes at both (D21). */
export const nodeRecordKey = ({
  serverId,
  loadBalancerId,
  address,
  port,
}: Pick<NodeRecord, 'serverId' | 'loadBalancerId' | 'address' | 'port'>): string => `${serverId} ${loadBalancerId} ${address}:${port}`;

/** What is left of a removed group for a day: a server that carries its id and one of the tokens is still ours to delete. */
export interface Tombstone {
  readonly groupId: GroupId;
  /** Of creates whose server was never seen. */
  readonly tokens: readonly string[];
  readonly at: EpochMs;
}
