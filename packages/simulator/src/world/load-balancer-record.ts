import type { EpochMs, LoadBalancerId, NodeId, NodeRequest, NodeStatus } from '@lutra/core';

/** A node of a load balancer. Never changed: a changed node is a new record under the same id. */
export interface NodeRecord extends NodeRequest {
  readonly id: NodeId;
  readonly status: NodeStatus;
  /** When it was created in, or changed to, DRAINING. */
  readonly drainingSince: EpochMs | undefined;
}

/** A load balancer as it truly is. Only `LoadBalancers` changes one. */
export interface LoadBalancerRecord {
  readonly id: LoadBalancerId;
  healthMonitor: boolean;
  /** By node id, in the order of adding. */
  readonly nodes: Map<NodeId, NodeRecord>;
  /** `address:port` of every node. */
  readonly places: Set<string>;
  /** PENDING_UPDATE before this instant. */
  lockedUntil: EpochMs;
  deletedAt: EpochMs | undefined;
  /** Nodes that were ever added; writes that were ever done. */
  added: number;
  writes: number;
}
