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

/** The steps of one pass: creates, deletes, marks, releases, load balancers by id, pools, then what is to be waited for. */
export function transform(raw: readonly Step[], limits: StepLimits): readonly Step[] {
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
  const ids = [...loadBalancers.keys()].sort(byId);
  const calls = ids.map((id) => oneCall(loadBalancers.get(id) ?? [], limits, leftOut)).filter((call) => call !== undefined);
  const steps: Step[] = [
    ...creates.slice(0, limits.creates),
    ...onServers.filter((step) => leftOut.size === 0 || step.kind === 'release-server' || !leftOut.has(step.serverId)),
    ...calls.map(({ step }) => step),
    ...mergeMembers(poolAdds),
    ...mergeMembers(poolRemovals),
  ];
  const made = Math.min(creates.length, limits.creates);
  const kept = steps.slice(0, made + limits.others);
  const cut = creates.length > made || leftOut.size > 0 || calls.some((call) => call.cut) || kept.length < steps.length;
  return cut ? [...kept, ...rest, moreToDo] : [...kept, ...rest];
}

const moreToDo: Step = { kind: 'converge-later', limited: false, because: [{ rule: 'more-to-do' }] };

/** The one call for a load balancer: removals before additions before a change. Servers whose call is left out go to `leftOut`. */
function oneCall(
  steps: readonly LoadBalancerStep[],
  limits: StepLimits,
  leftOut: Set<ServerId>,
): { readonly step: Step; readonly cut: boolean } | undefined {
  const removals = steps.filter((step) => step.kind === 'remove-nodes');
  const additions = steps.filter((step) => step.kind === 'add-nodes');
  const changes = steps.filter((step) => step.kind === 'change-node');
  const chosen =
    removals.length > 0
      ? removals.slice(0, limits.bulkRemove)
      : additions.length > 0
        ? additions.slice(0, limits.bulkAdd)
        : changes.slice(0, 1);
  const cut = chosen.length < steps.length;
  if (cut) {
    const within = new Set<Step>(chosen);
    for (const step of steps) {
      const serverId = step.because[0].serverId;
      if (step.kind !== 'add-nodes' && serverId !== undefined && !within.has(step)) leftOut.add(serverId);
    }
  }
  const [first] = chosen;
  if (first === undefined) return undefined;
  if (first.kind === 'change-node') return { step: first, cut };
  const because = reasonsOf(chosen);
  if (first.kind === 'remove-nodes') {
    return { step: { ...first, nodeIds: chosen.flatMap((step) => (step.kind === 'remove-nodes' ? step.nodeIds : [])), because }, cut };
  }
  return { step: { ...first, nodes: chosen.flatMap((step) => (step.kind === 'add-nodes' ? step.nodes : [])), because }, cut };
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
