/**
 * From raw steps to what one pass does: limits, one merged call per load balancer, and a step that says so whenever anything was
 * left out (D4), so that "no steps" still means converged. A delete or mark that relies on a call left out waits with it (D5).
 */
import { byId, type LoadBalancerId, type ServerId } from '../model/identifiers.ts';
import type { Reason } from './reasons.ts';
import type { LoadBalancerStep, Step, StepOf } from './steps.ts';

export interface StepLimits {
  readonly creates: number;
  /** Deletes, marks and releases together with one call per load balancer. */
  readonly others: number;
  /** Nodes in one call. */
  readonly bulkAdd: number;
  readonly bulkRemove: number;
}

const nothingLocked: ReadonlySet<LoadBalancerId> = new Set();

/** The steps of one pass: creates, deletes, marks, releases, load balancers by id, pools, then what is to be waited for. A
 * load balancer that is `locked` takes no call now: what it needs is left for later. */
export function transform(raw: readonly Step[], limits: StepLimits, locked: ReadonlySet<LoadBalancerId> = nothingLocked): readonly Step[] {
  const creates: Step[] = [];
  const onServers: (StepOf<'delete-server'> | StepOf<'mark-server'> | StepOf<'release-server'>)[] = [];
  const loadBalancers = new Map<LoadBalancerId, LoadBalancerStep[]>();
  const poolAdds: StepOf<'add-pool-members'>[] = [];
  const poolRemovals: StepOf<'remove-pool-members'>[] = [];
  const rest: Step[] = [];
  for (const step of raw) {
    if (step.kind === 'create-server') creates.push(step);
    else if (step.kind === 'delete-server' || step.kind === 'mark-server' || step.kind === 'release-server') onServers.push(step);
    else if (step.kind === 'add-pool-members') poolAdds.push(step);
    else if (step.kind === 'remove-pool-members') poolRemovals.push(step);
    else if (step.kind === 'converge-later' || step.kind === 'fail') rest.push(step);
    else {
      const there = loadBalancers.get(step.loadBalancerId);
      if (there === undefined) loadBalancers.set(step.loadBalancerId, [step]);
      else there.push(step);
    }
  }
  const leftOut = new Set<ServerId>();
  const calls: Step[] = [];
  let cut = creates.length > limits.creates;
  for (const id of [...loadBalancers.keys()].sort(byId)) {
    const wanted = loadBalancers.get(id) ?? [];
    const chosen = locked.has(id) || calls.length >= limits.others ? [] : chooseCall(wanted, asItIs, limits);
    if (chosen.length < wanted.length) {
      cut = true;
      leaveOut(wanted, chosen, leftOut);
    }
    if (chosen.length > 0) calls.push(mergeCalls(chosen));
  }
  const ready = onServers.filter((step) => step.kind === 'release-server' || !leftOut.has(step.serverId));
  const pools = [...mergeMembers(poolAdds), ...mergeMembers(poolRemovals)];
  const room = Math.max(0, limits.others - calls.length - pools.length);
  cut ||= ready.length > room || ready.length < onServers.length;
  return [...creates.slice(0, limits.creates), ...ready.slice(0, room), ...calls, ...pools, ...rest, ...(cut ? [moreToDo] : [])];
}

const asItIs = (step: LoadBalancerStep): LoadBalancerStep => step;

const moreToDo: Step = { kind: 'converge-later', limited: false, because: [{ rule: 'more-to-do' }] };

/**
 * Which of these goes into the next call to their load balancer: removals before additions before a single change, in their order, and no
 * more nodes than one call may have. `isAlone`: it is sent in a call of its own.
 */
export function chooseCall<T extends object>(
  wanted: readonly T[],
  stepOf: (one: T) => LoadBalancerStep,
  { bulkAdd, bulkRemove }: Pick<StepLimits, 'bulkAdd' | 'bulkRemove'>,
  isAlone: (one: T) => boolean = () => false,
): readonly T[] {
  const kind = callOrder.find((one) => wanted.some((each) => stepOf(each).kind === one));
  const [leader, ...others] = wanted.filter((one) => stepOf(one).kind === kind);
  if (leader === undefined) return [];
  const chosen: T[] = [leader];
  if (isAlone(leader) || kind === 'change-node') return chosen;
  let room = (kind === 'add-nodes' ? bulkAdd : bulkRemove) - nodesOf(stepOf(leader));
  for (const one of others) {
    const nodes = nodesOf(stepOf(one));
    if (isAlone(one) || nodes > room) continue;
    room -= nodes;
    chosen.push(one);
  }
  return chosen;
}

const callOrder = ['remove-nodes', 'add-nodes', 'change-node'] as const;

/** Nodes in the call for a step. */
const nodesOf = (step: LoadBalancerStep): number =>
  step.kind === 'add-nodes' ? step.nodes.length : step.kind === 'remove-nodes' ? step.nodeIds.length : 1;

/** Notes the servers that lose a removal or a change: what relies on it waits. */
function leaveOut(wanted: readonly LoadBalancerStep[], chosen: readonly LoadBalancerStep[], leftOut: Set<ServerId>): void {
  const within = new Set(chosen);
  for (const step of wanted) {
    const { serverId } = step.because[0];
    if (step.kind !== 'add-nodes' && serverId !== undefined && !within.has(step)) leftOut.add(serverId);
  }
}

/** Steps of one kind on one load balancer as one step. */
export function mergeCalls(steps: readonly LoadBalancerStep[]): LoadBalancerStep {
  const because = reasonsOf(steps);
  const [first] = steps;
  if (first?.kind === 'remove-nodes') {
    return { ...first, nodeIds: steps.flatMap((step) => (step.kind === 'remove-nodes' ? step.nodeIds : [])), because };
  }
  if (first?.kind === 'add-nodes')
    return { ...first, nodes: steps.flatMap((step) => (step.kind === 'add-nodes' ? step.nodes : [])), because };
  if (first === undefined) throw new Error('a call without steps'); // our own mistake: only chosen steps are merged
  return first;
}

/** One bulk call for all pools. */
function mergeMembers<S extends StepOf<'add-pool-members'> | StepOf<'remove-pool-members'>>(steps: readonly S[]): readonly S[] {
  const [first] = steps;
  if (first === undefined) return [];
  return [{ ...first, members: steps.flatMap((step) => step.members), because: reasonsOf(steps) }];
}

function reasonsOf(steps: readonly Step[]): readonly [Reason, ...Reason[]] {
  const [first, ...others] = steps.flatMap((step) => step.because);
  if (first === undefined) throw new Error('a step without a reason'); // our own mistake: steps always have one
  return [first, ...others];
}
