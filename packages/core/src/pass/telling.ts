/** What activity says of passes: what they planned and why, what came of it, and which causes of error began and ended. Pure. */
import type { ActivityAnswer, ActivityContent, ActivityNote, ActivityPlan, ActivityStep } from '../model/activity.ts';
import { capacityOf } from '../model/capacity.ts';
import { changedCauses } from '../model/causes.ts';
import { cutTo } from '../model/characters.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import { type Reason, sentenceOf } from '../planner/reasons.ts';
import type { Step } from '../planner/steps.ts';
import type { StepResult } from './executing.ts';
import type { PassOutcome } from './outcome.ts';
import type { PlannedWrite } from './settling.ts';

type Bounds = Pick<Options, 'errorLength' | 'errorsPerGroup'>;

/** Steps of a plan that are told one by one. */
const mostSteps = 50;
/** Answers that are told one by one. */
const mostAnswers = 20;

/** What is told of the steps of a plan. */
export function planOf(steps: readonly Step[], bounds: Bounds): ActivityPlan {
  const parts = steps.flatMap((step) => partsOf(step, bounds));
  const told = parts.slice(0, mostSteps);
  return { steps: told, more: parts.length - told.length };
}

/** What is told when the intents of a pass are committed, which makes `after` of the group. */
export const planNotes = (steps: readonly Step[], after: ScalingGroup, at: EpochMs, bounds: Bounds): readonly ActivityNote[] => [
  { at, capacity: capacityOf(after), content: { kind: 'plan', ...planOf(steps, bounds) } },
];

/** What a pass comes to, as far as it is told. */
export interface ToldPass {
  readonly outcome: PassOutcome;
  /** What it was to write, and why; empty: nothing. */
  readonly planned: readonly Step[];
  readonly writes: readonly PlannedWrite[];
  readonly results: readonly StepResult[];
}

/** What is told when a pass is settled, which makes `after` of `before`. */
export function passNotes(
  { outcome, planned, writes, results }: ToldPass,
  before: ScalingGroup,
  after: ScalingGroup,
  at: EpochMs,
  bounds: Bounds,
): readonly ActivityNote[] {
  const answers = answersOf(writes, results, bounds);
  const told = answers.slice(0, mostAnswers);
  const more = answers.slice(mostAnswers).reduce((sum, { count }) => sum + count, 0);
  const plan = planned.length > 0 ? { plan: planOf(planned, bounds) } : {};
  const reasons = reasonsOf(outcome, results, bounds);
  const pass: ActivityContent = { kind: 'pass', outcome: outcome.kind, ...plan, answers: told, more, reasons };
  const capacity = capacityOf(after);
  return [pass, ...changedCauses(before, after)].map((content) => ({ at, capacity, content }));
}

/** What is told when a group is removed for good. */
export const removalNotes = (at: EpochMs): readonly ActivityNote[] => [
  { at, capacity: { desired: 0, active: 0, pending: 0 }, content: { kind: 'group-removed' } },
];

/** A step as it is told: each of its nodes, members or reasons by itself. */
function partsOf(step: Step, bounds: Bounds): readonly ActivityStep[] {
  const tell = (about: Omit<ActivityStep, 'kind' | 'why'>, index: number): ActivityStep => {
    const reason: Reason = step.because[index] ?? step.because[0];
    const { serverId, loadBalancerId, nodeId: node } = reason;
    const named = { ...(serverId && { serverId }), ...(loadBalancerId && { loadBalancerId }), ...(node && { node }) };
    return { kind: step.kind, ...named, ...about, why: cut(sentenceOf(reason), bounds) };
  };
  switch (step.kind) {
    case 'add-nodes':
      return step.nodes.map(({ address, port }, index) => tell({ loadBalancerId: step.loadBalancerId, node: `${address}:${port}` }, index));
    case 'remove-nodes':
      return step.nodeIds.map((node, index) => tell({ loadBalancerId: step.loadBalancerId, node }, index));
    case 'change-node':
      return [tell({ loadBalancerId: step.loadBalancerId, node: step.nodeId }, 0)];
    case 'add-pool-members':
    case 'remove-pool-members':
      return step.members.map(({ poolId, serverId }, index) => tell({ serverId, loadBalancerId: poolId }, index));
    case 'delete-server':
    case 'mark-server':
    case 'release-server':
      return [tell({ serverId: step.serverId }, 0)];
    default:
      return step.because.map((_, index) => tell({}, index));
  }
}

/** Answers by kind of step, effect and reason. */
function answersOf(writes: readonly PlannedWrite[], results: readonly StepResult[], bounds: Bounds): readonly ActivityAnswer[] {
  const answers = new Map<string, ActivityAnswer>();
  for (const [index, { step }] of writes.entries()) {
    const { effect = 'unsent', reason = '' } = results[index] ?? {};
    const key = JSON.stringify([step.kind, effect, reason]);
    const count = (answers.get(key)?.count ?? 0) + 1;
    answers.set(key, { step: step.kind, effect, reason: cut(reason, bounds), count });
  }
  return [...answers.values()];
}

/** Why the group is not converged yet, each reason once; the last one counts those that are left out. What answers say is not said again. */
function reasonsOf({ reasons }: PassOutcome, results: readonly StepResult[], bounds: Bounds): readonly string[] {
  const answered = new Set(results.map(({ reason }) => reason));
  const all = [...new Set(reasons.filter((reason) => !answered.has(reason)).map((reason) => cut(reason, bounds)))];
  if (all.length <= bounds.errorsPerGroup) return all;
  const told = all.slice(0, bounds.errorsPerGroup - 1);
  return [...told, `and ${all.length - told.length} more`];
}

const cut = (sentence: string, { errorLength }: Bounds): string => cutTo(sentence, errorLength, '…');
