import type { Server } from '../model/server.ts';
import type { Listing } from './listing.ts';

/** Whether a server is in every place that it is configured for. */
export function isOnItsLoadBalancers(
  server: Server,
  { nodesByAddress, membersByServer }: Pick<Listing, 'nodesByAddress' | 'membersByServer'>,
): boolean {
  if (server.desiredLoadBalancers.length === 0) return true;
  const nodes = server.servicenetAddress === '' ? [] : (nodesByAddress.get(server.servicenetAddress) ?? []);
  const members = membersByServer.get(server.id) ?? [];
  return server.desiredLoadBalancers.every((place) =>
    place.kind === 'clb'
      ? nodes.some((node) => node.loadBalancerId === place.loadBalancerId && node.port === place.port)
      : members.some((member) => member.poolId === place.poolId),
  );
}
