import type { Node } from '../model/load-balancer.ts';
import type { Server } from '../model/server.ts';
import type { DurationMs, EpochMs } from '../model/time.ts';
import { holdKeys } from './desired.ts';
import type { Places } from './places.ts';
import type { Reason } from './reasons.ts';
import type { Step } from './steps.ts';

/**
 * One server leaves in good order (spec/planner.md, section 4): its nodes are drained, then removed, and it is deleted in the same
 * plan as its last removals. Until then it carries the draining mark, so that a later pass neither counts nor spares it.
 */
export function planLeaving(steps: Step[], server: Server, why: Reason, drainingTimeout: DurationMs, places: Places, now: EpochMs): void {
  const timeout = server.state === 'BUILD' ? 0 : drainingTimeout;
  let busy = false;
  let waiting = false;
  for (const node of places.nodesOf(server)) {
    if (places.desiredByAnother(node)) continue;
    const progress = timeout <= 0 ? 'drained' : drainingOf(node, timeout, now);
    if (progress !== 'draining' && places.isLeft(server, node.loadBalancerId)) continue; // a drain that is running is never cut
    if (progress === 'drained') {
      steps.push(removeNode(server, node, why));
      continue;
    }
    busy = true;
    waiting ||= progress === 'draining';
    if (progress === 'in rotation') {
      steps.push({
        kind: 'change-node',
        loadBalancerId: node.loadBalancerId,
        nodeId: node.id,
        change: { condition: 'DRAINING', weight: node.weight, type: node.type },
        because: [why],
      });
    } else if (progress === 'draining since unknown') {
      const { loadBalancerId, id: nodeId } = node;
      const key = holdKeys.balancer(loadBalancerId, `drain:${nodeId}`);
      const since: Reason = { rule: 'drain-start-unknown', serverId: server.id, loadBalancerId, nodeId, key };
      steps.push({ kind: 'converge-later', limited: true, because: [since] });
    }
  }
  for (const member of places.membershipsOf(server)) steps.push({ kind: 'remove-pool-members', members: [member], because: [why] });
  if (planHeld(steps, server, places)) busy = true;
  if (!busy) {
    steps.push({ kind: 'delete-server', serverId: server.id, because: [why] });
    return;
  }
  if (waiting) steps.push({ kind: 'converge-later', limited: false, because: [{ rule: 'draining', serverId: server.id }] });
  if (!isMarked(server)) steps.push({ kind: 'mark-server', serverId: server.id, because: [why] });
}

/**
 * Deletes a server that is of no use, unless it is held back: its nodes go first, and of those on a load balancer that cannot be read
 * nobody knows (D5, D20).
 */
export function planDelete(steps: Step[], server: Server, why: Reason, places: Places): void {
  if (!planHeld(steps, server, places)) steps.push({ kind: 'delete-server', serverId: server.id, because: [why] });
}

/** The wait for the places that hold a server back; false: none does. */
function planHeld(steps: Step[], server: Server, places: Places): boolean {
  const held = places.holding(server);
  const [first, ...others] = held.map((loadBalancerId): Reason => ({ rule: 'held-by-unread', serverId: server.id, loadBalancerId }));
  if (first === undefined) return false;
  steps.push({ kind: 'converge-later', limited: false, because: [first, ...others] });
  return true;
}

/** Whether the server's draining mark counts: it is honoured in ACTIVE and BUILD only. */
const isMarked = ({ marked, state }: Server): boolean => marked && (state === 'ACTIVE' || state === 'BUILD');

/** All nodes and memberships of a server that is of no more use go at once. */
export function planRemovingNodes(steps: Step[], server: Server, why: Reason, places: Places): void {
  for (const node of places.nodesOf(server)) {
    if (!places.desiredByAnother(node) && !places.isLeft(server, node.loadBalancerId)) steps.push(removeNode(server, node, why));
  }
  for (const member of places.membershipsOf(server)) steps.push({ kind: 'remove-pool-members', members: [member], because: [why] });
}

/** The step that takes one node of a server off its load balancer. */
export const removeNode = (server: Server, node: Node, why: Reason): Step => ({
  kind: 'remove-nodes',
  loadBalancerId: node.loadBalancerId,
  nodeIds: [node.id],
  because: [{ ...why, serverId: server.id, loadBalancerId: node.loadBalancerId, nodeId: node.id }],
});

type Draining = 'in rotation' | 'draining' | 'draining since unknown' | 'drained';

/** How far draining of a node has come; a DISABLED one takes no traffic and has nothing to drain. */
function drainingOf(node: Node, timeout: number, now: EpochMs): Draining {
  if (node.condition === 'DISABLED') return 'drained';
  if (node.condition === 'ENABLED') return 'in rotation';
  if (node.connections === 0) return 'drained';
  if (node.drainingSince === undefined) return 'draining since unknown';
  return now - node.drainingSince >= timeout ? 'drained' : 'draining';
}
