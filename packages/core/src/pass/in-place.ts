import type { Server } from '../model/server.ts';
import type { Listing } from './listing.ts';

/** Whether a server is in every place that it is configured for. `was`: it was when we last looked, which is what counts where a place could not be read. */
export function isOnItsLoadBalancers(
  server: Server,
  { nodesByAddress, membersByServer, unread, poolsUnread }: Pick<Listing, 'nodesByAddress' | 'membersByServer' | 'unread' | 'poolsUnread'>,
  was: boolean,
): boolean {
  if (server.desiredLoadBalancers.length === 0) return true;
  const nodes = server.servicenetAddress === '' ? [] : (nodesByAddress.get(server.servicenetAddress) ?? []);
  const members = membersByServer.get(server.id) ?? [];
  return server.desiredLoadBalancers.every((place) => {
    if (place.kind === 'clb' ? unread.has(place.loadBalancerId) : poolsUnread !== undefined) return was;
    return place.kind === 'clb'
      ? nodes.some((node) => node.loadBalancerId === place.loadBalancerId && node.port === place.port)
      : members.some((member) => member.poolId === place.poolId);
  });
}
