import { between, type EpochMs, epochMs, type GroupId } from '@lutra/core';
import type { WorldEvent } from '../world/world-event.ts';
import type { CheckerKind } from './checker.ts';

/** Whose something is (or was last), and since when. */
interface Owner {
  readonly groupId: GroupId | undefined;
  readonly since: EpochMs;
}
const nobody: Owner = { groupId: undefined, since: epochMs(0) };
type ServerEvent = Extract<WorldEvent, { serverId: unknown; groupId: unknown }>;
type NodeEvent = Extract<WorldEvent, { nodeId: unknown }>;

/** Owners by what they own. */
class Owners {
  readonly #owners = new Map<string, Owner>();

  of(thing: string): Owner {
    return this.#owners.get(thing) ?? nobody;
  }

  now(thing: string, groupId: GroupId | undefined, since: EpochMs): void {
    if (this.#owners.get(thing)?.groupId !== groupId || !this.#owners.has(thing)) this.#owners.set(thing, { groupId, since });
  }
}

/**
 * Nobody's servers and nodes stay as they are: the engine deletes or edits no server without a group's metadata, and changes or removes
 * no node whose address is not, or no longer, that of a group's server. What stopped being a group's only after the
 * write may have been decided (`decidedWithin` ago) is no violation: the engine could not know.
 */
export const foreignUntouched: CheckerKind = {
  name: 'foreign-untouched',
  make: ({ world, now, decidedWithin, violate }) => {
    const servers = new Owners();
    const addresses = new Owners();
    const isForeign = ({ groupId, since }: Owner): boolean => groupId === undefined && between(since, now()) > decidedWithin;
    const sawServer = (event: ServerEvent, what: string | undefined): void => {
      const { serverId, tenantId, groupId, at, by } = event;
      if (what !== undefined && by === 'caller' && isForeign(servers.of(serverId))) violate(`server ${serverId} of no group was ${what}`);
      servers.now(serverId, groupId, at);
      const address =
        event.kind === 'server-changed' ? event.address : (world.tenant(tenantId).compute.servers.find(serverId)?.address ?? '');
      if (address !== '') addresses.now(`${tenantId}/${address}`, groupId, at);
    };
    const sawNode = ({ tenantId, address, port, nodeId, loadBalancerId, by }: NodeEvent, what: string): void => {
      if (by !== 'caller' || !isForeign(addresses.of(`${tenantId}/${address}`))) return;
      violate(`node ${nodeId} (${address}:${port}) of load balancer ${loadBalancerId}, of no group's server, was ${what}`);
    };
    return {
      saw: ({ of, event }) => {
        if (of !== 'cloud') return;
        if (event.kind === 'server-changed') sawServer(event, event.state === 'deleting' ? 'deleted' : undefined);
        else if (event.kind === 'server-metadata-changed') sawServer(event, 'edited');
        else if (event.kind === 'node-changed') sawNode(event, 'changed');
        else if (event.kind === 'node-removed') sawNode(event, 'removed');
      },
    };
  },
};
