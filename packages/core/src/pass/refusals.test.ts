import { describe, expect, it } from 'vitest';
import type { BlockSubject } from '../model/cause.ts';
import type { LoadBalancerId, PoolId, ServerId } from '../model/identifiers.ts';
import type { WritingStep } from '../planner/steps.ts';
import { aNode, balancer } from '../testing/parts.ts';
import type { StepResult } from './executing.ts';
import { judgeRefusals, type RefusalFacts } from './refusals.ts';
import type { PlannedWrite } from './settling.ts';

const because = [{ rule: 'surplus' }] as const;
const write = (step: WritingStep): PlannedWrite => ({ step, intent: undefined, request: undefined });
const creating = write({ kind: 'create-server', because });
const adding = write({ kind: 'add-nodes', loadBalancerId: balancer, nodes: [aNode(1)], because });
const changing = write({
  kind: 'change-node',
  loadBalancerId: balancer,
  nodeId: aNode(1).id,
  change: { condition: 'ENABLED', weight: 1, type: 'PRIMARY' },
  because,
});
const joiningStep = {
  kind: 'add-pool-members',
  members: ['aa', 'bb'].map((poolId) => ({ poolId: poolId as PoolId, serverId: 's1' as ServerId })),
  because,
} as const;
const joining = write(joiningStep);
const refused = (refusal: NonNullable<StepResult['refusal']>, reason = 'No'): StepResult => ({
  status: 'failed',
  effect: 'refused',
  reason,
  fault: false,
  refusal,
});
const accepted: StepResult = {
  status: 'retry',
  effect: 'accepted',
  reason: '',
  fault: false,
  created: { id: 's9' as ServerId, links: [] },
};
const judge = (writes: readonly PlannedWrite[], results: readonly StepResult[], facts: Partial<RefusalFacts> = {}) =>
  judgeRefusals(writes, results, {
    present: () => 3,
    nodeCounts: new Map([[balancer, 20]]),
    blocks: [],
    limits: () => undefined,
    stateOf: () => 'BUILD',
    leaving: false,
    draining: new Set(),
    ...facts,
  });
const full = refused('node-limit', 'Cannot create more than 25 nodes in Cloud Load Balancer 7');

describe('judgeRefusals', () => {
  it('makes of a quota a block of as many servers as counted, with those that were made before the refusal', () => {
    const { causes, waits, results } = judge([creating, creating, creating], [accepted, accepted, refused('over-quota', 'No quota')]);
    expect(causes).toEqual([{ kind: 'block', subject: { of: 'quota', servers: 5 }, sentence: 'No quota', counter: 'createResets' }]);
    expect(waits).toEqual([]);
    expect(results.map(({ status, fault }) => [status, fault])).toEqual([
      ['retry', false],
      ['retry', false],
      ['retry', false],
    ]);
  });

  it('counts with them the creates whose answer never came', () => {
    const unknown: StepResult = { status: 'retry', effect: 'unknown', reason: '', fault: true };
    const { causes } = judge([creating, creating], [unknown, refused('over-quota', 'No quota')]);
    expect(causes).toMatchObject([{ subject: { of: 'quota', servers: 4 } }]);
  });

  it('waits for what leaves instead, where that makes room', () => {
    const quota = judge([creating], [refused('over-quota', 'No quota')], { leaving: true });
    expect(quota).toMatchObject({ causes: [], waits: [{ key: 'creates', sentence: 'No quota', refused: {} }] });
    const nodes = judge([adding], [full], { draining: new Set([balancer]) });
    expect(nodes).toMatchObject({ causes: [], waits: [{ key: 'nodes:7', refused: { most: 25 } }] });
    expect(judge([creating], [refused('bad-server-request')], { leaving: true }).causes).toHaveLength(1);
  });

  it('makes of a node limit a block of as many nodes as the cloud says, and of as many as there are when it refuses those, too', () => {
    const subject = (facts: Partial<RefusalFacts> = {}) => judge([adding], [full], facts).causes[0];
    const most = (facts?: Partial<RefusalFacts>) =>
      subject(facts)?.kind === 'block' && (subject(facts) as { subject: BlockSubject }).subject;
    expect(most()).toEqual({ of: 'nodes', loadBalancerId: balancer, most: 25, seen: 20 });
    const cut: BlockSubject = { of: 'nodes', loadBalancerId: balancer, most: 25, seen: 20 };
    expect(most({ blocks: [cut] })).toMatchObject({ most: 20 });
    expect(most({ blocks: [{ ...cut, seen: 19 }] })).toMatchObject({ most: 25 });
    expect(most({ limits: () => 25 })).toMatchObject({ most: 20 });
    const lowered = { blocks: [{ ...cut, most: 20 }], nodeCounts: new Map([[balancer, 19]]) };
    expect(most(lowered)).toMatchObject({ most: 19, seen: 19 });
    expect(most({ limits: () => 20, nodeCounts: new Map([[balancer, 19]]) })).toMatchObject({ most: 19 });
    expect(most({ nodeCounts: new Map([[balancer, 25]]) })).toMatchObject({ most: 25, seen: 25 });
  });

  it.each([
    ['a launch configuration', creating, 'bad-server-request', [{ of: 'launch-configuration' }]],
    ['a launch configuration', creating, 'unexpected-refusal', [{ of: 'launch-configuration' }]],
    ['a load balancer', adding, 'load-balancer-deleted', [{ of: 'load-balancer', loadBalancerId: '7' as LoadBalancerId }]],
    ['a load balancer', changing, 'no-such-load-balancer', [{ of: 'load-balancer', loadBalancerId: '7' as LoadBalancerId }]],
    ['a port', adding, 'unexpected-refusal', [{ of: 'port', loadBalancerId: '7' as LoadBalancerId, port: 80 }]],
    [
      'the one pool',
      { ...joining, step: { ...joiningStep, members: joiningStep.members.slice(0, 1) } },
      'pool-refused',
      [{ of: 'pool', poolId: 'aa' }],
    ],
  ] as const)('blocks %s by what was refused of it', (_what, one, kind, subjects) => {
    const { causes } = judge([one], [refused(kind)]);
    expect(causes.map((cause) => cause.kind === 'block' && cause.subject)).toEqual(subjects);
  });

  it.each([
    ['ports', write({ kind: 'add-nodes', loadBalancerId: balancer, nodes: [aNode(1), aNode(2, { port: 0 })], because }), 'ports:7'],
    ['pools', joining, 'pools'],
  ])('blocks none of several %s that were refused together, and has them sent apart', (_what, one, key) => {
    const { causes, waits, results } = judge([one], [refused('unexpected-refusal', 'Bad')]);
    expect([causes, waits]).toEqual([[], [{ key, sentence: 'Bad', refused: {} }]]);
    expect(results).toMatchObject([{ status: 'retry', fault: false }]);
  });

  it('blocks only the pool that the refusal names', () => {
    const { causes } = judge([joining], [refused('pool-refused', 'Pool BB is not active')]);
    expect(causes).toMatchObject([{ subject: { of: 'pool', poolId: 'bb' } }]);
  });

  it('holds a step back that the state of its server does not allow, until that changes, and backs nothing else off', () => {
    const releasing = write({ kind: 'release-server', serverId: 's1' as ServerId, because });
    const conflict: StepResult = { status: 'retry', effect: 'refused', reason: 'It is building', fault: false, conflict: true };
    const { causes, waits, results } = judge([releasing], [conflict]);
    expect([causes, results]).toEqual([[], [conflict]]);
    expect(waits).toEqual([
      { key: 'server:s1', sentence: 'Server s1 cannot be changed or deleted for now: It is building', refused: { state: 'BUILD' } },
    ]);
  });

  it('says at once that a service is missing, and holds what needs it back', () => {
    const { causes, waits } = judge([creating], [refused('no-such-service', 'Is the account active?')]);
    expect(causes).toEqual([{ kind: 'waited', key: 'creates', sentence: 'Is the account active?', counter: 'createResets' }]);
    expect(waits).toMatchObject([{ key: 'creates', refused: {} }]);
  });

  it('backs off where nothing can be left out of the next plan', () => {
    const { causes, results } = judge([changing], [refused('no-such-node', 'Node n1 does not exist')]);
    const sentence = 'Node n1 does not exist';
    expect(causes).toEqual([{ kind: 'waited', key: `balancer:7:${sentence}`, sentence, counter: 'resets' }]);
    expect(results).toMatchObject([{ status: 'retry', fault: true }]);
  });
});
