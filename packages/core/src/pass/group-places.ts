import type { LoadBalancerId } from '../model/identifiers.ts';
import { desiredLoadBalancersOf } from '../model/launch-configuration.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import type { ServerIndex } from './listing.ts';
import { knownPlaces } from './viewing.ts';

/** Where a group's servers are, or may be. */
export interface PlacesOfGroup {
  readonly loadBalancers: ReadonlySet<LoadBalancerId>;
  /** Whether any is a RackConnect v3 pool; those are read all at once. */
  readonly pools: boolean;
}

/** Where new servers of the group will be, where its servers are to be by their own metadata, and where we last knew them. */
export function placesOf({ groupId, spec, servers }: ScalingGroup, { serversOf }: Pick<ServerIndex, 'serversOf'>): PlacesOfGroup {
  const desired = [desiredLoadBalancersOf(spec.launchConfiguration), ...serversOf(groupId).map((server) => server.desiredLoadBalancers)];
  const places = [...desired.map(knownPlaces), ...Object.values(servers)];
  return { loadBalancers: new Set(places.flatMap(({ loadBalancers }) => loadBalancers)), pools: places.some(({ pooled }) => pooled) };
}
