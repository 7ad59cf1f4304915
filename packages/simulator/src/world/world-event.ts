import type {
  DurationMs,
  EpochMs,
  GroupId,
  JsonValue,
  LoadBalancerId,
  NodeCondition,
  NodeId,
  NodeStatus,
  PassRef,
  PoolId,
  ServerId,
  TenantId,
} from '@lutra/core';
import type { OperationName } from './calls.ts';

/** Who did something: a caller of the cloud's API, the cloud itself, or somebody behind everybody's back. */
export type Actor = 'caller' | 'cloud' | 'outsider';

interface Happened {
  readonly at: EpochMs;
  readonly tenantId: TenantId;
}
interface OfCall extends Happened {
  /** Calls are numbered in the order of their start. */
  readonly call: number;
}
interface OfServer extends Happened {
  readonly serverId: ServerId;
  /** Whose it is by its metadata, right after the change. */
  readonly groupId: GroupId | undefined;
  readonly by: Actor;
}
interface OfNode extends Happened {
  readonly loadBalancerId: LoadBalancerId;
  readonly nodeId: NodeId;
  readonly address: string;
  readonly port: number;
  readonly condition: NodeCondition;
  readonly status: NodeStatus;
  /** Open ones, where the cloud tells them; of a node that was removed: those that were cut. */
  readonly connections?: number;
  readonly by: Actor;
}

/** What happened in the simulated cloud, told right after it did: the truth that traces and checkers are made of. */
export type WorldEvent =
  | (OfCall & {
      readonly kind: 'called';
      readonly op: OperationName;
      readonly key: string;
      readonly told: JsonValue;
      readonly passes?: readonly PassRef[];
    })
  | (OfCall & { readonly kind: 'faulted'; readonly rule: string; readonly fault: string })
  | (OfCall & {
      readonly kind: 'answered';
      /** `lost`: the connection broke; `never`: nothing will ever come. */
      readonly answer: 'done' | 'refused' | 'lost' | 'never';
      readonly told: JsonValue;
      readonly took: DurationMs;
    })
  | (OfServer & {
      readonly kind: 'server-changed';
      /** Nova status, `deleting` while a delete goes on, `gone` when there is nothing left. */
      readonly state: string;
      /** ServiceNet address; empty while it has none. */
      readonly address: string;
    })
  | (OfServer & { readonly kind: 'server-metadata-changed'; readonly keys: readonly string[] })
  | (OfNode & { readonly kind: 'node-added' | 'node-changed' | 'node-removed' })
  /** A server became a member of a RackConnect pool, or began to leave it. */
  | (Happened & {
      readonly kind: 'pool-member-added' | 'pool-member-removed';
      readonly poolId: PoolId;
      readonly serverId: ServerId;
      readonly by: Actor;
    })
  /** `to`: the status that somebody put it in, or that its health monitor is on or off. */
  | (Happened & {
      readonly kind: 'load-balancer-changed';
      readonly loadBalancerId: LoadBalancerId;
      readonly to: string;
      readonly by: Actor;
    })
  | (Happened & { readonly kind: 'load-balancer-deleted'; readonly loadBalancerId: LoadBalancerId; readonly by: Actor });
