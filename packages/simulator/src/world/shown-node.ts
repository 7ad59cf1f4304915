import type { EpochMs, NodeId, NodeRequest, NodeStatus } from '@lutra/core';

/** A node as the cloud shows it. */
export interface ShownNode extends NodeRequest {
  readonly id: NodeId;
  readonly status: NodeStatus;
  /** undefined: it is not DRAINING, or the cloud does not say. */
  readonly drainingSince: EpochMs | undefined;
  /** undefined: the cloud does not say. */
  readonly connections: number | undefined;
}
