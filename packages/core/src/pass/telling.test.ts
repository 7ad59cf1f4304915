import { describe, expect, it } from 'vitest';
import type { ActivityContent } from '../model/activity.ts';
import type { LoadBalancerId, NodeId, PoolId, ServerId } from '../model/identifiers.ts';
import { epochMs } from '../model/time.ts';
import type { Reason } from '../planner/reasons.ts';
import type { Step, WritingStep } from '../planner/steps.ts';
import { aBlock, aGroup, aKnown, balancer } from '../testing/parts.ts';
import type { StepResult } from './executing.ts';
import type { PassOutcome } from './outcome.ts';
import type { PlannedWrite } from './settling.ts';
import { passNotes, planNotes, removalNotes } from './telling.ts';

const now = epochMs(5000);
const bounds = { errorLength: 500, errorsPerGroup: 3 };
const id = (n: number): ServerId => `s${n}` as ServerId;
const surplus = (n: number): Reason => ({ rule: 'surplus', serverId: id(n) });
const absent = (n: number): Reason => ({ rule: 'not-on-load-balancer', serverId: id(n), loadBalancerId: balancer });
const request = (n: number) => ({ address: `10.0.0.${n}`, port: 80, weight: 1, condition: 'ENABLED', type: 'PRIMARY' }) as const;

type ContentOf<K extends ActivityContent['kind']> = Extract<ActivityContent, { kind: K }>;

describe('planNotes', () => {
  const planOf = (...steps: readonly Step[]): ContentOf<'plan'> => {
    const [note] = planNotes(steps, aGroup([]), now, bounds);
    if (note?.content.kind !== 'plan') throw new Error('no plan');
    return note.content;
  };

  it('tells of each step what it is about and why, and the capacity', () => {
    const group = aGroup([aKnown(1)], { spec: { desired: 3 } });
    const steps: readonly Step[] = [
      { kind: 'create-server', because: [{ rule: 'missing-capacity' }] },
      { kind: 'delete-server', serverId: id(1), because: [surplus(1)] },
      { kind: 'converge-later', limited: false, because: [{ rule: 'waiting-for-build' }] },
    ];
    expect(planNotes(steps, group, now, bounds)).toEqual([
      {
        at: now,
        capacity: { desired: 3, active: 1, pending: 2 },
        content: {
          kind: 'plan',
          steps: [
            { kind: 'create-server', why: 'Fewer servers count towards capacity than are desired' },
            { kind: 'delete-server', serverId: 's1', why: 'Server s1 is more than the desired capacity' },
            { kind: 'converge-later', why: 'waiting for servers' },
          ],
          more: 0,
        },
      },
    ]);
  });

  it('tells of a call for several nodes or members each by itself, with its own server and reason', () => {
    const pool = 'pool' as PoolId;
    const [differs, extra]: readonly Reason[] = [
      { rule: 'node-differs', serverId: id(3), loadBalancerId: balancer, nodeId: 'n3' as NodeId },
      { rule: 'extra-node', serverId: id(4), loadBalancerId: balancer },
    ] as const;
    const { steps } = planOf(
      { kind: 'add-nodes', loadBalancerId: balancer, nodes: [request(1), request(2)], because: [absent(1), absent(2)] },
      { kind: 'remove-nodes', loadBalancerId: balancer, nodeIds: ['n8', 'n9'] as NodeId[], because: [surplus(8), surplus(9)] },
      {
        kind: 'change-node',
        loadBalancerId: balancer,
        nodeId: 'n3' as NodeId,
        change: { condition: 'ENABLED', weight: 1, type: 'PRIMARY' },
        because: [differs ?? surplus(3)],
      },
      { kind: 'remove-pool-members', members: [{ poolId: pool, serverId: id(4) }], because: [extra ?? surplus(4)] },
    );
    expect(steps.map(({ kind, serverId, loadBalancerId, node }) => [kind, serverId, loadBalancerId, node])).toEqual([
      ['add-nodes', 's1', '7', '10.0.0.1:80'],
      ['add-nodes', 's2', '7', '10.0.0.2:80'],
      ['remove-nodes', 's8', '7', 'n8'],
      ['remove-nodes', 's9', '7', 'n9'],
      ['change-node', 's3', '7', 'n3'],
      ['remove-pool-members', 's4', 'pool', undefined],
    ]);
    expect(steps[1]?.why).toBe('Server s2 is not on load balancer 7');
  });

  it('tells the first fifty, and how many more there are', () => {
    const waits = Array.from({ length: 70 }, (_, n) => surplus(n));
    const { steps, more } = planOf({ kind: 'converge-later', limited: false, because: [surplus(99), ...waits] });
    expect([steps.length, more]).toEqual([50, 21]);
  });

  it('cuts a reason to its bound', () => {
    const { steps } = planOf({ kind: 'fail', because: [{ rule: 'blocked', sentence: 'x'.repeat(999) }] });
    expect(steps[0]?.why).toHaveLength(500);
  });
});

describe('passNotes', () => {
  const writeOf = (step: WritingStep): PlannedWrite => ({ step, intent: undefined, request: undefined });
  const create = writeOf({ kind: 'create-server', because: [{ rule: 'missing-capacity' }] });
  const deletion = writeOf({ kind: 'delete-server', serverId: id(1), because: [surplus(1)] });
  const came = (effect: StepResult['effect'], reason: string): StepResult => ({ status: 'retry', effect, reason, fault: false });
  const outcome = (reasons: readonly string[]): PassOutcome => ({
    ...{ kind: 'retry', recheckIn: undefined, reasons, progressed: false, fault: false },
    ...{ refusals: 'unasked', saw: true, unread: new Set<LoadBalancerId>(), waits: [], causes: [] },
  });
  const tell = (
    reasons: readonly string[],
    writes: readonly PlannedWrite[] = [],
    results: readonly StepResult[] = [],
  ): ContentOf<'pass'> => {
    const [note] = passNotes({ outcome: outcome(reasons), planned: [], writes, results }, aGroup([]), aGroup([]), now, bounds);
    if (note?.content.kind !== 'pass') throw new Error('no pass');
    return note.content;
  };

  it('tells what a pass came to, and the capacity after it', () => {
    const after = aGroup([aKnown(1)], { spec: { desired: 2 } });
    const [note, ...others] = passNotes(
      { outcome: outcome(['waiting for servers']), planned: [], writes: [], results: [] },
      aGroup([]),
      after,
      now,
      bounds,
    );
    expect(others).toEqual([]);
    expect(note).toEqual({
      at: now,
      capacity: { desired: 2, active: 1, pending: 1 },
      content: { kind: 'pass', outcome: 'retry', answers: [], more: 0, reasons: ['waiting for servers'] },
    });
  });

  it('tells again what was planned, as its plan did', () => {
    const [plan] = planNotes([create.step, deletion.step], aGroup([]), now, bounds);
    const ended = { outcome: outcome([]), planned: [create.step, deletion.step], writes: [], results: [] };
    const [note] = passNotes(ended, aGroup([]), aGroup([]), now, bounds);
    expect(note?.content.kind === 'pass' && { kind: 'plan', ...note.content.plan }).toEqual(plan?.content);
  });

  it('counts answers by step, effect and reason, and does not say their reasons again', () => {
    const results = [came('accepted', 'made'), came('unknown', 'timeout'), came('accepted', 'made')];
    const told = tell(['made', 'timeout', 'made', 'left out', 'waiting'], [create, create, create, deletion], results);
    expect(told.answers).toEqual([
      { step: 'create-server', effect: 'accepted', reason: 'made', count: 2 },
      { step: 'create-server', effect: 'unknown', reason: 'timeout', count: 1 },
      { step: 'delete-server', effect: 'unsent', reason: '', count: 1 },
    ]);
    expect(told.reasons).toEqual(['left out', 'waiting']);
  });

  it('tells so many answers and reasons, each once and cut to its bound, and counts the others', () => {
    const results = Array.from({ length: 30 }, (_, n) => came('refused', `${n} `.repeat(999)));
    const told = tell(
      ['a', 'b', 'a', 'c', 'd', 'e'],
      results.map(() => create),
      results,
    );
    expect([told.answers.length, told.more, told.answers[0]?.reason.length]).toEqual([20, 10, 500]);
    expect(told.reasons).toEqual(['a', 'b', 'and 3 more']);
    expect(tell(['a', 'b', 'a', 'c']).reasons).toEqual(['a', 'b', 'c']);
  });

  it('tells after it which causes ended and which began; one that stood stands on untold', () => {
    const cause = (port: number) => aBlock({ of: 'port', loadBalancerId: balancer, port }, `No port ${port}`);
    const before = aGroup([], { progress: { causes: [cause(1), cause(2)] } });
    const after = aGroup([], { progress: { causes: [cause(2), cause(3)] } });
    const notes = passNotes({ outcome: outcome([]), planned: [], writes: [], results: [] }, before, after, now, bounds);
    expect(notes.slice(1).map(({ content }) => content)).toEqual([
      { kind: 'cause-ended', sentence: 'No port 1' },
      { kind: 'cause-began', sentence: 'No port 3' },
    ]);
  });
});

describe('removalNotes', () => {
  it('tells that a group is gone, and has nothing', () => {
    expect(removalNotes(now)).toEqual([{ at: now, capacity: { desired: 0, active: 0, pending: 0 }, content: { kind: 'group-removed' } }]);
  });
});
