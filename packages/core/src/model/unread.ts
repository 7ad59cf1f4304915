import type { LoadBalancerId } from './identifiers.ts';

/** Why a source of an observation could not be read: nothing is known of what is there. That is another thing than that nothing is there. */
export interface Unread {
  /** A sentence. */
  readonly reason: string;
  /** The account has no such service: no outage, and for somebody to change. */
  readonly missing: boolean;
}

/** The load balancers and pools of which nothing is known (spec/planner.md, D20). */
export interface UnreadPlaces {
  readonly loadBalancers: ReadonlyMap<LoadBalancerId, Unread>;
  /** Pools are read all at once. */
  readonly pools: Unread | undefined;
}

/** All pools of RackConnect together, where load balancers are named by their ids: they are read, and held back, as one. */
export const allPools = 'RackConnect' as LoadBalancerId;
