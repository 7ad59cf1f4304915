import { between, type EpochMs } from '@lutra/core';
import type { Connections, NodeRecord } from './load-balancer-record.ts';

/**
 * Open connections of a node: all of them while it is in rotation, fewer and fewer while it drains (in a straight line), none otherwise.
 * `lot`: 0 <= n < 1, the node's own; the last connection ends between half of `gone` and all of it.
 */
export function connectionsOf(
  { condition, served, drainingSince }: NodeRecord,
  { each, gone }: Connections,
  now: EpochMs,
  lot: number,
): number {
  if (condition === 'ENABLED') return each;
  if (condition !== 'DRAINING' || !served || drainingSince === undefined) return 0;
  const takes = gone * (0.5 + lot / 2);
  return takes <= 0 ? 0 : Math.ceil(each * Math.max(0, 1 - between(drainingSince, now) / takes));
}
