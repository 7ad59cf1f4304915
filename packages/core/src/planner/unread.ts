/**
 * Places that could not be read (spec/planner.md, D20). No step touches them, and what was never seen there is not missing. A group that has
 * servers there, or makes servers for it, waits until it can be read; everything else of the group goes on, and so do all other groups.
 */
import { byId, type LoadBalancerId } from '../model/identifiers.ts';
import type { DesiredLoadBalancer } from '../model/load-balancer.ts';
import type { Server } from '../model/server.ts';
import type { Unread } from '../model/unread.ts';
import { type DesiredGroup, holdKeys } from './desired.ts';
import { type Places, sourceOf } from './places.ts';
import type { Step } from './steps.ts';

/** The waits for the unread places of a group: not limited, for an outage is no cause of error. A service that the account lacks is one. */
export function planUnread(steps: Step[], servers: readonly Server[], desired: DesiredGroup, places: Places): void {
  const unread = new Map<LoadBalancerId, Unread>();
  const note = (place: DesiredLoadBalancer): void => {
    const why = places.unreadAt(place);
    if (why !== undefined) unread.set(sourceOf(place), why);
  };
  for (const place of desired.places ?? []) note(place);
  for (const server of servers) {
    for (const place of server.desiredLoadBalancers) if (!places.isLeft(server, sourceOf(place))) note(place);
  }
  for (const [loadBalancerId, { reason: sentence, missing }] of [...unread].sort(([a], [b]) => byId(a, b))) {
    if (missing) {
      const key = holdKeys.balancer(loadBalancerId, 'service');
      steps.push({ kind: 'fail', because: [{ rule: 'no-such-service', loadBalancerId, sentence, key }] });
    } else steps.push({ kind: 'converge-later', limited: false, because: [{ rule: 'load-balancer-unread', loadBalancerId, sentence }] });
  }
}
