/**
 * How a pass writes: creates in growing batches that stop at the first failure, everything else at once, each in its turn and only
 * while the pass may still go on.
 */
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { WritePermit } from '../guards/write-permit.ts';
import type { PassRef } from '../model/events.ts';
import type { EpochMs } from '../model/time.ts';
import { isCreate, isLoadBalancerStep, type LoadBalancerStep, type StepOf, type WritingStep } from '../planner/steps.ts';
import type { Metrics } from '../ports.ts';
import { executeCreate, executeStep, type StepResult, unsent } from './executing.ts';
import { type Announced, passRefOf, type Ran } from './pass.ts';
import { PassPermit, type PermitPorts } from './pass-permit.ts';
import type { PlannedWrite } from './settling.ts';

/** What writing needs. */
export interface WritePorts extends PermitPorts {
  readonly cloud: TenantCloud;
  /** Runs a write when it is its turn. */
  inTurn<T>(step: WritingStep, write: () => Promise<T>): Promise<T>;
  /** The writes wait for load balancers from now on: the pass keeps no other from its slot meanwhile. */
  waits(): void;
  /** Sends a call through the load balancer's one writer, perhaps together with other groups'. */
  writeLoadBalancer(step: LoadBalancerStep, permit: WritePermit): Promise<StepResult>;
  /** The pass wrote to the cloud: older listings no longer serve it. */
  wrote(): void;
}
/** Sends one write with a permit of its own. */
type Send = (step: WritingStep, execute: (permit: WritePermit) => Promise<StepResult>) => Promise<StepResult>;
type OtherStep = Exclude<WritingStep, StepOf<'create-server'>>;

/** The third phase of a pass: sends what was announced. Rejects with mistakes of ours only. */
export async function writeAnnounced(
  { pass, plan, writes }: Announced,
  ports: WritePorts & { readonly metrics: Pick<Metrics, 'stepEnded'> },
): Promise<Ran> {
  const results = await executeWrites(writes, ports, pass.group.progress.createBurst, pass.deadline, passRefOf(pass));
  for (const [index, { step }] of writes.entries()) ports.metrics.stepEnded(step.kind, results[index]?.effect ?? 'unsent');
  return { kind: 'ran', pass, plan, writes, results };
}

/** Carries out the writes of the pass `of`. Results are in their order. `burst`: creates to begin with; `deadline`: no write begins later. */
export async function executeWrites(
  writes: readonly PlannedWrite[],
  ports: WritePorts,
  burst: number,
  deadline: EpochMs,
  of: PassRef,
): Promise<readonly StepResult[]> {
  const send: Send = (step, execute) => write(step, ports, new PassPermit(ports, deadline, of), execute);
  const creates = writes.filter(({ step }) => isCreate(step));
  const others = writes.filter(({ step }) => !isCreate(step));
  if (others.some(({ step }) => isLoadBalancerStep(step))) ports.waits();
  const [made, done] = await Promise.all([
    createSlowly(creates, ports.cloud, send, burst),
    Promise.all(others.map(({ step }) => send(step, (permit) => executeStep(step as OtherStep, ports.cloud, permit)))),
  ]);
  return [...made, ...done]; // transform puts creates first
}

/** 1, 2, 4, ... creates at a time, and none after the first that fails: a cloud in trouble is not hammered. */
async function createSlowly(
  creates: readonly PlannedWrite[],
  cloud: TenantCloud,
  send: Send,
  firstBurst: number,
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  for (let burst = firstBurst; results.length < creates.length; burst *= 2) {
    const batch = creates.slice(results.length, results.length + burst);
    const answers = await Promise.all(
      batch.map(({ step, request }) =>
        send(step, async (permit) => (request === undefined ? unsent('no request') : executeCreate(request, cloud, permit))),
      ),
    );
    results.push(...answers);
    if (answers.some(({ effect }) => effect !== 'accepted')) break;
  }
  const left = creates.length - results.length;
  return [...results, ...Array.from({ length: left }, () => unsent('left out after a create that failed'))];
}

/** One write in its turn, unless the pass may not go on by then. */
async function write(
  step: WritingStep,
  ports: WritePorts,
  permit: WritePermit,
  execute: (permit: WritePermit) => Promise<StepResult>,
): Promise<StepResult> {
  const result = isLoadBalancerStep(step) ? await ports.writeLoadBalancer(step, permit) : await ports.inTurn(step, () => execute(permit));
  if (result.effect !== 'unsent') ports.wrote();
  return result;
}
