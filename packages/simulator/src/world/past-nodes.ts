/** How the nodes of a load balancer were a while ago, for listings that lag. */
import type { EpochMs, NodeId } from '@lutra/core';
import type { LoadBalancerRecord, NodeRecord } from './load-balancer-record.ts';
import { longestLag } from './published.ts';

/** Keeps how a node is before it changes. */
export function remember(record: LoadBalancerRecord, now: EpochMs, id: NodeId): void {
  const recent = record.past.findIndex(({ at }) => at >= now - longestLag);
  record.past.splice(0, recent < 0 ? record.past.length : recent);
  record.past.push({ at: now, id, node: record.nodes.get(id) });
}

/** Its nodes as they were at an instant, at most `longestLag` ago. */
export function nodesAt(record: LoadBalancerRecord, instant: EpochMs): readonly NodeRecord[] {
  const nodes = new Map(record.nodes);
  for (const { at, id, node } of record.past.toReversed()) {
    if (at <= instant) break;
    if (node === undefined) nodes.delete(id);
    else nodes.set(id, node);
  }
  return [...nodes.values()].sort((a, b) => Number(a.id) - Number(b.id));
}
