/**
 * How long servers that must go wait for their nodes (spec/planner.md, D14): those of a group that is being deleted, and those that a tenant
 * asked to remove. A load balancer that lets no node go, or cannot be read, holds them back for `waitingTimeout` at most; then they go, and their nodes stay.
 */
import type { LoadBalancerId, ServerId } from '../model/identifiers.ts';
import { type DesiredGroup, holdKeys } from '../planner/desired.ts';
import type { Reason } from '../planner/reasons.ts';
import type { Step } from '../planner/steps.ts';
import type { StepResult } from './executing.ts';
import type { PlannedWrite } from './settling.ts';
import type { FoundWait } from './waiting.ts';

/**
 * The load balancers of which nodes were to go and none did: put off, for they take no write or cannot be read, or refused. `raw`: the plan before anything was
 * put off. One that took another removal meanwhile is not among them: it comes to the rest.
 */
export function removalsHeld(
  raw: readonly Step[],
  desired: DesiredGroup,
  writes: readonly PlannedWrite[],
  results: readonly StepResult[],
): readonly FoundWait[] {
  const wanted = new Set<LoadBalancerId>();
  for (const step of raw) {
    for (const { serverId, loadBalancerId } of takenAway(step)) {
      if (desired.deleting === true || (serverId !== undefined && desired.removals.has(serverId))) wanted.add(loadBalancerId);
    }
  }
  if (desired.deleting === true || desired.removals.size > 0) {
    for (const loadBalancerId of desired.stuck ?? []) wanted.add(loadBalancerId); // nothing is planned there any more
  }
  for (const [index, { step }] of writes.entries()) {
    const result = results[index];
    if (takesAway(step) && (result?.effect === 'accepted' || isMoot(result))) wanted.delete(step.loadBalancerId);
  }
  return [...wanted].map((id) => ({ key: holdKeys.removals(id), sentence: `Load balancer ${id} lets no node go`, refused: {} }));
}

/** The nodes, or their load balancer, are gone already. */
const isMoot = (result: StepResult | undefined): boolean =>
  result?.effect === 'refused' && result.status === 'retry' && !result.fault && result.locked !== true;

/** The servers and load balancers of which a step takes nodes away, or waits to. */
function takenAway(step: Step): readonly { readonly serverId: ServerId | undefined; readonly loadBalancerId: LoadBalancerId }[] {
  if (takesAway(step)) return [{ serverId: step.because[0].serverId, loadBalancerId: step.loadBalancerId }];
  if (step.kind !== 'converge-later') return [];
  return step.because.flatMap(({ rule, serverId, loadBalancerId }) =>
    holding.has(rule) && loadBalancerId !== undefined ? [{ serverId, loadBalancerId: loadBalancerId as LoadBalancerId }] : [],
  );
}

/** Rules of waits for a node to go. */
const holding: ReadonlySet<Reason['rule']> = new Set(['held-by-unread', 'load-balancer-unread', 'left-behind']);

type Removal = Extract<Step, { kind: 'remove-nodes' | 'change-node' }>;
const takesAway = (step: Step): step is Removal =>
  step.kind === 'remove-nodes' || (step.kind === 'change-node' && step.change.condition === 'DRAINING');
