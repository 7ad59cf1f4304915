import type { LoadBalancerId, NodeId, PoolId, ServerId } from './identifiers.ts';
import type { EpochMs } from './time.ts';

/** What clients want of a node: ENABLED takes traffic, DRAINING finishes old connections and takes no new ones, DISABLED takes none (CLB API, "Nodes"). */
export type NodeCondition = 'ENABLED' | 'DISABLED' | 'DRAINING';
/** What the load balancer saw of a node's health. */
export type NodeStatus = 'ONLINE' | 'OFFLINE';
/** Whether a node takes traffic always, or only when all PRIMARY ones are down (CLB API, "Nodes"). */
export type NodeType = 'PRIMARY' | 'SECONDARY';

/** A place on a Cloud Load Balancer where a server must be. */
export interface DesiredNode {
  readonly kind: 'clb';
  readonly loadBalancerId: LoadBalancerId;
  readonly port: number;
  readonly weight: number;
  readonly condition: NodeCondition;
  readonly type: NodeType;
}
/** Membership of a RackConnect v3 pool that a server must have. */
export interface DesiredPoolMember {
  readonly kind: 'rcv3';
  readonly poolId: PoolId;
}
/** Where a server is to be: a port of a Cloud Load Balancer, or a RackConnect v3 pool. */
export type DesiredLoadBalancer = DesiredNode | DesiredPoolMember;

/** One address:port on a Cloud Load Balancer, ours or a stranger's. */
export interface Node {
  readonly id: NodeId;
  readonly loadBalancerId: LoadBalancerId;
  readonly address: string;
  readonly port: number;
  /** 1..100; 1 where the algorithm has no weights. */
  readonly weight: number;
  readonly condition: NodeCondition;
  readonly status: NodeStatus;
  readonly type: NodeType;
  /** Open connections; undefined when the cloud does not say. */
  readonly connections: number | undefined;
  /** When it entered DRAINING (or was created so); undefined when that is not known. */
  readonly drainingSince: EpochMs | undefined;
}

/** A Cloud Load Balancer with all its nodes. */
export interface LoadBalancer {
  readonly id: LoadBalancerId;
  /** CLB `status`: only an ACTIVE one takes writes. */
  readonly status: string;
  /** Whether a health monitor is on. */
  readonly healthMonitor: boolean;
  readonly nodes: readonly Node[];
}

/** Statuses in which a load balancer refuses every write, and which are over within seconds. */
export const lockedStatuses: ReadonlySet<string> = new Set(['BUILD', 'PENDING_UPDATE']);

/** A cloud server in a RackConnect v3 pool. */
export interface PoolMember {
  readonly poolId: PoolId;
  readonly serverId: ServerId;
}

/** One string per place: the same kind, load balancer and port (or pool) give the same key. */
export const placeOf = (desired: DesiredLoadBalancer): string =>
  desired.kind === 'clb' ? `${desired.loadBalancerId}:${desired.port}` : desired.poolId;

/** A node to add to a load balancer. */
export type NodeRequest = Omit<DesiredNode, 'kind' | 'loadBalancerId'> & { readonly address: string };
/** What a node of a load balancer is to become; its address and port never change. */
export interface NodeChange {
  readonly condition: NodeCondition;
  readonly weight: number;
  readonly type: NodeType;
}
