import type { EpochMs, ServerId, TenantId } from '@lutra/core';
import type { World } from '@lutra/simulator';
import type { ServerRecord } from '@lutra/simulator/truth';
import type { Happening } from './trace.ts';

interface Member {
  readonly server: ServerRecord;
  readonly tenantId: TenantId;
  /** What a caller of the API did to it or its nodes first, since it was named; undefined: nothing. */
  disturbed: string | undefined;
}

/** Servers that a scenario has named, to say later what must have become of them. */
export class ServerSets {
  readonly #world: World;
  readonly #sets = new Map<string, Member[]>();
  readonly #byServer = new Map<ServerId, Member[]>();
  readonly #byAddress = new Map<string, Member[]>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Adds servers to the set of this name. */
  name(as: string, servers: readonly { readonly server: ServerRecord; readonly tenantId: TenantId }[]): void {
    for (const { server, tenantId } of servers) {
      const member: Member = { server, tenantId, disturbed: undefined };
      append(this.#sets, as, member);
      append(this.#byServer, server.id, member);
      if (server.address !== '') append(this.#byAddress, `${tenantId}/${server.address}`, member);
    }
  }

  saw({ of, event }: Happening): void {
    if (of !== 'cloud' || !('by' in event) || event.by !== 'caller') return;
    if ('serverId' in event) disturb(this.#byServer.get(event.serverId), event.kind, event.at);
    else if ('nodeId' in event) disturb(this.#byAddress.get(`${event.tenantId}/${event.address}`), event.kind, event.at);
  }

  /** Why not every server of a set is ACTIVE now; empty when each is, and there is one. */
  whyNotAlive(as: string): readonly string[] {
    const members = this.#sets.get(as) ?? [];
    if (members.length === 0) return [`no server was ever named ${as}`];
    return members.flatMap(({ server, tenantId }) => {
      const found = this.#world.tenant(tenantId).compute.servers.find(server.id);
      if (found === undefined) return [`server ${server.id} of ${as} is gone`];
      if (found.deleting) return [`server ${server.id} of ${as} is being deleted`];
      return found.status === 'ACTIVE' ? [] : [`server ${server.id} of ${as} is in ${found.status}`];
    });
  }

  /** What was done to servers of a set, or to their nodes, by callers of the API. */
  disturbances(as: string): readonly string[] {
    return (this.#sets.get(as) ?? []).flatMap(({ server, disturbed }) =>
      disturbed === undefined ? [] : [`server ${server.id} of ${as} was not left alone: ${disturbed}`],
    );
  }
}

function disturb(members: readonly Member[] | undefined, what: string, at: EpochMs): void {
  for (const member of members ?? []) member.disturbed ??= `${what} at ${at}`;
}

function append<K>(lists: Map<K, Member[]>, key: K, member: Member): void {
  const there = lists.get(key);
  if (there === undefined) lists.set(key, [member]);
  else there.push(member);
}
