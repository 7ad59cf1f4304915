import { readServerMetadata, type ServerId } from '@lutra/core';
import type { WorldEvent } from '@lutra/simulator';
import type { ServerRecord } from '@lutra/simulator/truth';
import type { CheckerKind } from './checker.ts';
import { anyGroup, type Groups, nodeKey, placeKey, Senders, serverKey } from './senders.ts';
import { ServerOwners } from './server-owners.ts';

type ServerEvent = Extract<WorldEvent, { serverId: unknown; groupId: unknown }>;
type NodeEvent = Extract<WorldEvent, { nodeId: unknown }>;

/**
 * What is others' stays as it is. The engine deletes and edits, for a group, that group's servers only, and changes and removes nodes of
 * two kinds: those at the address of a server of the group, and those that were made for a server which was the group's. Of the latter one
 * that a server which has the address by now wants at this very place is that server's. An address that changes hands changes nothing of
 * whom a node was made for. A server that somebody else disowned counts as the group's for `decidedWithin`: the engine could not know.
 */
export const foreignUntouched: CheckerKind = {
  name: 'foreign-untouched',
  make: ({ world, now, decidedWithin, violate }) => {
    const senders = new Senders();
    const owners = new ServerOwners(world);
    /** The server that each node was made for; undefined: nobody's. */
    const madeFor = new Map<string, ServerId | undefined>();

    const isOf = (id: ServerId, groups: Groups): boolean => owners.isOf(id, groups, now(), decidedWithin);

    const sawServer = (event: ServerEvent, what: string | undefined): void => {
      const { serverId } = event;
      const groups = senders.of(serverKey(event));
      if (what !== undefined && event.by === 'caller' && !isOf(serverId, groups)) {
        const whose = isOf(serverId, anyGroup) ? 'another' : 'no';
        violate(`server ${serverId} of ${whose} group was ${what}`);
      }
      owners.saw(event);
    };
    const added = (event: NodeEvent): void => {
      const { tenantId, address, by } = event;
      const holder = owners.holderOf(tenantId, address)?.id;
      madeFor.set(nodeKey(event), by === 'caller' ? owners.meantBy(tenantId, address, senders.of(placeKey(event))) : holder);
    };
    /** Whose the node is, when it is not one that the write may be about. */
    const whoseElse = (event: NodeEvent): string | undefined => {
      const { tenantId, address } = event;
      const groups = senders.of(nodeKey(event));
      const holder = owners.holderOf(tenantId, address);
      if (holder !== undefined && isOf(holder.id, groups)) return undefined;
      const server = madeFor.get(nodeKey(event));
      if (server === undefined || !isOf(server, anyGroup)) return "of no group's server";
      const isThere = world.tenant(tenantId).compute.servers.find(server) !== undefined;
      if (isThere) return isOf(server, groups) ? undefined : `of server ${server} of another group`;
      return holder !== undefined && isWantedBy(holder, event) ? `of server ${holder.id} by now` : undefined;
    };
    const touched = (event: NodeEvent, what: string): void => {
      const { nodeId, address, port, loadBalancerId, by } = event;
      const whose = by === 'caller' ? whoseElse(event) : undefined;
      if (whose !== undefined) violate(`node ${nodeId} (${address}:${port}) of load balancer ${loadBalancerId}, ${whose}, was ${what}`);
    };
    return {
      saw: ({ of, event }) => {
        if (of !== 'cloud') return;
        if (event.kind === 'server-changed') sawServer(event, event.state === 'deleting' ? 'deleted' : undefined);
        else if (event.kind === 'server-metadata-changed') sawServer(event, 'edited');
        else if (event.kind === 'node-added') added(event);
        else if (event.kind === 'node-changed') touched(event, 'changed');
        else if (event.kind === 'node-removed') {
          touched(event, 'removed');
          madeFor.delete(nodeKey(event));
        }
        senders.saw(event);
      },
    };
  },
};

/** The server is configured for the place where the node is. */
const isWantedBy = ({ metadata }: ServerRecord, { loadBalancerId, port }: NodeEvent): boolean =>
  readServerMetadata(metadata).desiredLoadBalancers.some(
    (place) => place.kind === 'clb' && place.loadBalancerId === loadBalancerId && place.port === port,
  );
