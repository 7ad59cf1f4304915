/**
 * What of a plan is not asked of the cloud, for it has refused it before (spec/planner.md, D14 to D16). A blocked step becomes `fail`
 * with the cloud's sentence, one that is held back becomes a limited wait; everything else is planned as usual.
 */
import type { BlockSubject } from '../model/cause.ts';
import type { LoadBalancerId, PoolId } from '../model/identifiers.ts';
import type { EpochMs } from '../model/time.ts';
import { holdKeys, type Observation, type RestrainingHold, type Restraints } from './desired.ts';
import type { Step, StepOf } from './steps.ts';

/** Nothing was refused. */
export const unrestrained: Restraints = { blocks: [], holds: {} };

type Block = Restraints['blocks'][number];

/** Plans the missing servers, as many as the cloud may give. `present`: servers that count, and those that are on their way. */
export function planCreates(steps: Step[], missing: number, present: number, { blocks, holds, births }: Restraints): void {
  if (births?.steadyAt !== undefined) {
    steps.push({ kind: 'converge-later', limited: false, until: births.steadyAt, because: [{ rule: 'birth-watch' }] });
  }
  if (missing <= 0) return;
  let allowed = missing;
  for (const block of blocks) {
    const room = roomFor(block.subject, present);
    if (room >= missing) continue;
    allowed = Math.min(allowed, room);
    steps.push(failing(block));
  }
  if (allowed === 0) return;
  for (const key of [holdKeys.creates, holdKeys.createsPerHour]) {
    const hold = holds[key];
    if (hold?.until === undefined) continue;
    steps.push(holding(key, hold));
    return;
  }
  if (births !== undefined) {
    if (births.until !== undefined || allowed > 1) steps.push(nextBirth(births.until));
    allowed = births.until === undefined ? 1 : 0;
  }
  for (let n = 0; n < allowed; n += 1) steps.push(createServer);
}

/** The wait for the next server that is made one at a time. */
const nextBirth = (until: EpochMs | undefined): Step => ({
  kind: 'converge-later',
  limited: false,
  ...(until === undefined ? {} : { until }),
  because: [{ rule: 'birth-backoff' }],
});

const createServer: Step = { kind: 'create-server', because: [{ rule: 'missing-capacity' }] };

/** Servers that may be created beside those present. */
function roomFor(subject: BlockSubject, present: number): number {
  if (subject.of === 'launch-configuration') return 0;
  return subject.of === 'quota' ? Math.max(0, subject.servers - present) : Number.POSITIVE_INFINITY;
}

/** Takes out of a plan what load balancers, pools and single servers have refused. */
export function restrain(steps: readonly Step[], restraints: Restraints, observed: Observation): readonly Step[] {
  const { blocks, holds } = restraints;
  const nodeCounts = observed.nodeCounts ?? new Map<LoadBalancerId, number>();
  const added = new Map<LoadBalancerId, number>();
  /** The port whose nodes are added first, where nodes of several ports were refused together. */
  const onePort = new Map<LoadBalancerId, number | undefined>();
  let onePool: PoolId | undefined;
  const said = new Set<string>();
  const kept: Step[] = [];
  const say = (step: Step): void => {
    const text = JSON.stringify(step);
    if (!said.has(text)) kept.push(step);
    said.add(text);
  };
  for (const step of steps) {
    const block = blocks.find(({ subject }) => isBlocked(step, subject));
    const hold = heldBy(step, holds);
    if (block !== undefined) say(failing(block));
    else if (hold !== undefined) say(hold);
    else if (step.kind === 'add-pool-members') {
      const poolId = step.members[0]?.poolId;
      onePool ??= poolId;
      if (holds[holdKeys.pools] === undefined || onePool === poolId) kept.push(step);
      else say(laterApart);
    } else if (step.kind !== 'add-nodes') kept.push(step);
    else {
      const { loadBalancerId } = step;
      const port = step.nodes[0]?.port;
      const before = added.get(loadBalancerId) ?? 0;
      const full = whyFull(step, (nodeCounts.get(loadBalancerId) ?? 0) + before, restraints);
      if (full !== undefined) say(full);
      else if (holds[holdKeys.ports(loadBalancerId)] !== undefined && (onePort.get(loadBalancerId) ?? port) !== port) say(laterApart);
      else {
        onePort.set(loadBalancerId, port);
        added.set(loadBalancerId, before + step.nodes.length);
        kept.push(step);
      }
    }
  }
  return kept;
}

const laterApart: Step = { kind: 'converge-later', limited: false, because: [{ rule: 'more-to-do' }] };

/** Whether a step is one that was refused for good. What takes nodes away is never blocked: servers leave all the same. */
function isBlocked(step: Step, subject: BlockSubject): boolean {
  if (subject.of === 'load-balancer') {
    const isWrite = step.kind === 'add-nodes' || (step.kind === 'change-node' && step.change.condition !== 'DRAINING');
    return isWrite && step.loadBalancerId === subject.loadBalancerId;
  }
  if (subject.of === 'port') {
    return (
      step.kind === 'add-nodes' && step.loadBalancerId === subject.loadBalancerId && step.nodes.some(({ port }) => port === subject.port)
    );
  }
  return subject.of === 'pool' && step.kind === 'add-pool-members' && isOf(step, subject.poolId);
}
const isOf = ({ members }: StepOf<'add-pool-members'>, poolId: PoolId): boolean => members.some((member) => member.poolId === poolId);

/** The wait in the place of a step on a server that refused it in its present state (D23). */
function heldBy(step: Step, holds: Restraints['holds']): Step | undefined {
  if (step.kind !== 'delete-server' && step.kind !== 'mark-server' && step.kind !== 'release-server') return undefined;
  const key = holdKeys.server(step.serverId);
  const hold = holds[key];
  return hold?.until === undefined ? undefined : holding(key, { ...hold, until: undefined }); // looked at meanwhile: its state may change
}

/** What is said of a node for which a load balancer has no room; undefined when it has. `count`: nodes on it. */
function whyFull({ loadBalancerId, nodes }: StepOf<'add-nodes'>, count: number, { blocks, holds }: Restraints): Step | undefined {
  const block = blocks.find(({ subject }) => subject.of === 'nodes' && subject.loadBalancerId === loadBalancerId);
  if (block?.subject.of === 'nodes' && count + nodes.length > block.subject.most) return failing(block);
  const key = holdKeys.nodes(loadBalancerId);
  const hold = holds[key];
  return hold?.until !== undefined && count + nodes.length > (hold.most ?? 0) ? holding(key, hold) : undefined;
}

const failing = ({ sentence }: Block): Step => ({ kind: 'fail', because: [{ rule: 'blocked', sentence }] });
const holding = (key: string, { sentence, until }: RestrainingHold): Step => ({
  kind: 'converge-later',
  limited: true,
  ...(until === undefined ? {} : { until }),
  because: [{ rule: 'held', key, sentence }],
});
