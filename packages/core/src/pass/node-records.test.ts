import { describe, expect, it } from 'vitest';
import type { NodeId, ServerId } from '../model/identifiers.ts';
import { nodeRecordKey, nodeRecordsOf } from '../model/node-record.ts';
import { epochMs } from '../model/time.ts';
import type { StepOf } from '../planner/steps.ts';
import { aGroup, aRecord, balancer } from '../testing/parts.ts';
import type { StepResult } from './executing.ts';
import { announcedRecords, settledRecords } from './node-records.ts';
import type { PlannedWrite } from './settling.ts';

const { groupId } = aGroup([]);
const now = epochMs(9);
const write = (step: PlannedWrite['step']): PlannedWrite => ({ step, intent: undefined, request: undefined });
const add = (...ns: readonly number[]): PlannedWrite => {
  const nodes = ns.map((n) => ({ address: `10.0.0.${n}`, port: 80, condition: 'ENABLED', weight: 1, type: 'PRIMARY' }) as const);
  const because = ns.map((n) => ({ rule: 'not-on-load-balancer', serverId: `s${n}` as ServerId, loadBalancerId: balancer }) as const);
  return write({ kind: 'add-nodes', loadBalancerId: balancer, nodes, because: because as never });
};
const remove = (...ids: readonly string[]): PlannedWrite =>
  write({
    kind: 'remove-nodes',
    loadBalancerId: balancer,
    nodeIds: ids as NodeId[],
    because: [{ rule: 'gone' }],
  } as StepOf<'remove-nodes'>);
const answered = (effect: StepResult['effect']): StepResult => ({ status: 'retry', effect, reason: '', fault: false });
const added = (n: number) => aRecord(n, { nodeId: null, at: now });

describe('announcedRecords', () => {
  it('has one for each node that is about to be added, of its own server', () => {
    expect(announcedRecords({}, groupId, [add(1, 2), remove('n3')], now)).toEqual(nodeRecordsOf([added(1), added(2)]));
  });
});

describe('settledRecords', () => {
  const before = nodeRecordsOf([aRecord(3), aRecord(4)]);
  const settled = (writes: readonly PlannedWrite[], effect: StepResult['effect']) =>
    settledRecords(before, announcedRecords(before, groupId, writes, now), writes, [answered(effect)], now);

  it.each([
    ['accepted', 1],
    ['unknown', 1],
    ['refused', 0],
    ['unsent', 0],
  ] as const)('keeps the record of an add that was %s: %d', (effect, kept) => {
    const after = settled([add(1)], effect);
    expect(after).toEqual({ ...before, ...(kept === 1 ? nodeRecordsOf([added(1)]) : {}) });
    expect(settled([add(3)], effect)[nodeRecordKey(aRecord(3))]).toEqual(kept === 1 ? added(3) : aRecord(3)); // it was there before
  });

  it('notes the removals that the cloud took, and no others', () => {
    expect(settled([remove('n3', 'x')], 'accepted')).toEqual(nodeRecordsOf([aRecord(3, { removedAt: now }), aRecord(4)]));
    expect(settled([remove('n3')], 'unknown')).toEqual(before);
  });
});
