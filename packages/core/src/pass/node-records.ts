/** The records of nodes that a pass adds, from their intent to the answer of the cloud (spec/planner.md, D21). Pure. */
import type { GroupId, LoadBalancerId, NodeId } from '../model/identifiers.ts';
import { freshRecord, type NodeRecord, type NodeRecords, nodeRecordKey, nodeRecordsOf } from '../model/node-record.ts';
import { own } from '../model/own.ts';
import type { EpochMs } from '../model/time.ts';
import type { StepOf } from '../planner/steps.ts';
import type { StepResult } from './executing.ts';
import type { PlannedWrite } from './settling.ts';

/** The records with those of the nodes that are about to be added. */
export const announcedRecords = (records: NodeRecords, groupId: GroupId, writes: readonly PlannedWrite[], now: EpochMs): NodeRecords => ({
  ...records,
  ...nodeRecordsOf(writes.flatMap(({ step }) => (step.kind === 'add-nodes' ? addedBy(step, groupId, now) : []))),
});

/** Each node of a step has its own reason, in the same order. */
const addedBy = ({ loadBalancerId, nodes, because }: StepOf<'add-nodes'>, groupId: GroupId, now: EpochMs): readonly NodeRecord[] =>
  nodes.flatMap(({ address, port }, index) => {
    const serverId = because[index]?.serverId;
    return serverId === undefined ? [] : [freshRecord({ groupId, serverId, loadBalancerId, address, port }, null, now)];
  });

/** The records after the answers. An add that the cloud did not do leaves what was there `before`; a removal that it took is noted. */
export function settledRecords(
  before: NodeRecords,
  announced: NodeRecords,
  writes: readonly PlannedWrite[],
  results: readonly StepResult[],
  now: EpochMs,
): NodeRecords {
  const settled: Record<string, NodeRecord> = { ...announced };
  const removed = new Set<string>();
  for (const [index, { step }] of writes.entries()) {
    const effect = results[index]?.effect ?? 'unsent';
    if (step.kind === 'remove-nodes' && effect === 'accepted') {
      for (const nodeId of step.nodeIds) removed.add(nodeKey(step.loadBalancerId, nodeId));
    } else if (step.kind === 'add-nodes' && (effect === 'refused' || effect === 'unsent')) {
      for (const key of addedBy(step, '' as GroupId, now).map(nodeRecordKey)) {
        const earlier = own(before, key);
        if (earlier === undefined) delete settled[key];
        else settled[key] = earlier;
      }
    }
  }
  if (removed.size > 0) {
    for (const [key, record] of Object.entries(settled)) {
      const isRemoved = record.nodeId !== null && removed.has(nodeKey(record.loadBalancerId, record.nodeId));
      if (isRemoved) settled[key] = { ...record, removedAt: now };
    }
  }
  return settled;
}

const nodeKey = (loadBalancerId: LoadBalancerId, nodeId: NodeId): string => `${loadBalancerId} ${nodeId}`;
