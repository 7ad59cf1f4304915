import type { EpochMs, NodeId } from '@lutra/core';
import type { LoadBalancerRecord, NodeRecord } from './load-balancer-record.ts';

/** A load balancer as JSON: how its nodes were before is not kept, only when probes are due. */
export type SavedLoadBalancer = Omit<LoadBalancerRecord, 'nodes' | 'probes' | 'past'> & {
  readonly nodes: readonly NodeRecord[];
  readonly probes: readonly [NodeId, EpochMs][];
};
/** Everything that time and callers changed, as JSON. */
export interface LoadBalancersSnapshot {
  readonly made: number;
  readonly records: readonly SavedLoadBalancer[];
}

export const savedOf = ({ nodes, probes, past: _, ...record }: LoadBalancerRecord): SavedLoadBalancer => ({
  ...record,
  nodes: [...nodes.values()],
  probes: [...probes].map(([id, { at }]): [NodeId, EpochMs] => [id, at]),
});

/** Without probes: they have to be armed. What was undefined is absent in JSON. */
export const restoredFrom = ({ nodes, probes: _, ...saved }: SavedLoadBalancer): LoadBalancerRecord => ({
  ...saved,
  settings: { ...saved.settings, connections: saved.settings.connections },
  monitor: saved.monitor,
  forced: saved.forced,
  deletion: saved.deletion,
  nodes: new Map(nodes.map((node) => [node.id, { ...node, loadBalancerId: saved.id, drainingSince: node.drainingSince }])),
  probes: new Map(),
  past: [],
});
