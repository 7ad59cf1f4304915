/** What servers that are gone have left on load balancers and in pools. */
import type { KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import type { EpochMs } from '../model/time.ts';
import type { Listing } from './listing.ts';

/** Whether a server that is gone has left nodes behind which are surely its own: nobody else has its address by now, nor shows it as his. */
export const hasLeftovers = (known: KnownServer, { nodesByAddress, isLiveAddress, membersByServer, serverById }: Listing): boolean =>
  (membersByServer.has(known.id) && serverById(known.id) === undefined) ||
  (known.servicenetAddress !== '' && nodesByAddress.has(known.servicenetAddress) && !isLiveAddress(known.servicenetAddress));

/** A server that is gone, for the planner to clean up after. */
export const ghostOf = (known: KnownServer, { groupId }: ScalingGroup): Server => ({
  id: known.id,
  name: '',
  state: 'DELETED',
  createdAt: 0 as EpochMs,
  servicenetAddress: known.servicenetAddress,
  groupId,
  desiredLoadBalancers: [],
  marked: false,
  createToken: undefined,
  links: known.links,
});
