import type { LoadBalancerId } from '../model/identifiers.ts';
import { desiredLoadBalancersOf } from '../model/launch-configuration.ts';
import { isSameItem } from '../model/list-changes.ts';
import type { KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import type { ServerIndex } from './observation.ts';
import { knownPlaces } from './observing.ts';

/** Where a group's servers are, or may be. */
export interface PlacesOfGroup {
  readonly loadBalancers: ReadonlySet<LoadBalancerId>;
  /** Whether any is a RackConnect v3 pool; those are read all at once. */
  readonly pools: boolean;
}

/** Where the group's servers are to be, by their own metadata and as we last knew it, and where new ones will be. */
export function placesOf({ groupId, spec, servers }: ScalingGroup, { serversOf }: Pick<ServerIndex, 'serversOf'>): PlacesOfGroup {
  const loadBalancers = new Set<LoadBalancerId>();
  let pools = false;
  let last: KnownServer['loadBalancers'] | undefined; // nearly all say the same, by one and the same list
  const collect = (places: Pick<KnownServer, 'loadBalancers' | 'pooled'>): void => {
    if (!isSameItem(places.loadBalancers, last)) for (const id of places.loadBalancers) loadBalancers.add(id);
    last = places.loadBalancers;
    pools ||= places.pooled;
  };
  collect(knownPlaces(desiredLoadBalancersOf(spec.launchConfiguration)));
  for (const { desiredLoadBalancers } of serversOf(groupId)) collect(knownPlaces(desiredLoadBalancers));
  for (const server of Object.values(servers)) collect(server);
  return { loadBalancers, pools };
}
