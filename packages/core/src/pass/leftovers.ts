/** What servers that are gone have left on load balancers and in pools. */
import type { LoadBalancerId, PoolId } from '../model/identifiers.ts';
import type { DesiredLoadBalancer, Node } from '../model/load-balancer.ts';
import type { Intent, KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { between, type EpochMs, epochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Listing } from './listing.ts';

/** Whether a server that is gone has left nodes behind which are surely its own: nobody else has its address by now, nor shows it as his. */
export const hasLeftovers = (known: KnownServer, { nodesByAddress, isLiveAddress, membersByServer, serverById }: Listing): boolean =>
  (membersByServer.has(known.id) && serverById(known.id) === undefined) ||
  (known.servicenetAddress !== '' && nodesByAddress.has(known.servicenetAddress) && !isLiveAddress(known.servicenetAddress));

/**
 * Whether a node at the address of a server that is gone may be another server's: it is elsewhere than where that server was to be, and we
 * had the server deleted less than `createVisibility` ago, so that a listing may not show yet who has been given its address.
 */
export function mayBeOthers(
  { id, loadBalancers }: KnownServer,
  { loadBalancerId }: Node,
  { intents }: Pick<ScalingGroup, 'intents'>,
  begunAt: EpochMs,
  { createVisibility }: Pick<Options, 'createVisibility'>,
): boolean {
  const deletion = intents[`delete:${id}`];
  return !loadBalancers.includes(loadBalancerId) && deletion !== undefined && between(deletedAt(deletion), begunAt) < createVisibility;
}
const deletedAt = (intent: Intent): EpochMs => (intent.kind === 'delete' ? intent.plannedAt : epochMs(0));

/** Where a server that is gone was to be, as far as that could not be read: nobody knows what it has left there. */
export const unreadPlacesOf = ({ loadBalancers, pooled }: KnownServer, listing: Listing): readonly DesiredLoadBalancer[] => [
  ...loadBalancers.flatMap((id) => (listing.unread.has(id) ? [placeAt(id)] : [])),
  ...(pooled && listing.poolsUnread !== undefined ? [somePool] : []),
];

/** What is kept of a server says on which load balancers it was to be, and not on which port, or in which pool. */
const placeAt = (loadBalancerId: LoadBalancerId): DesiredLoadBalancer => ({
  kind: 'clb',
  loadBalancerId,
  port: 0,
  weight: 1,
  condition: 'ENABLED',
  type: 'PRIMARY',
});
const somePool: DesiredLoadBalancer = { kind: 'rcv3', poolId: '' as PoolId };

/** A server that is gone, for the planner to clean up after. */
export const ghostOf = (known: KnownServer, { groupId }: ScalingGroup, listing: Listing): Server => ({
  id: known.id,
  name: '',
  state: 'DELETED',
  createdAt: 0 as EpochMs,
  servicenetAddress: known.servicenetAddress,
  groupId,
  desiredLoadBalancers: unreadPlacesOf(known, listing),
  marked: false,
  createToken: undefined,
  links: known.links,
});
