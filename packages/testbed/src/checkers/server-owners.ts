import { between, type DurationMs, type EpochMs, epochMs, type GroupId, type ServerId, type TenantId } from '@lutra/core';
import type { World, WorldEvent } from '@lutra/simulator';
import type { ServerRecord } from '@lutra/simulator/truth';
import type { Groups } from './senders.ts';

interface Owner {
  readonly groupId: GroupId | undefined;
  /** Whose it was before, when that changed, and whether the engine did it. */
  readonly before: GroupId | undefined;
  readonly since: EpochMs;
  readonly byEngine: boolean;
}
const nobody: Owner = { groupId: undefined, before: undefined, since: epochMs(0), byEngine: false };
type ServerEvent = Extract<WorldEvent, { serverId: unknown; groupId: unknown }>;

/** Whose each server is, or was when it went, and which servers have had an address. */
export class ServerOwners {
  readonly #world: World;
  readonly #owners = new Map<ServerId, Owner>();
  /** By address: all that had it, the last one at the end. */
  readonly #holders = new Map<string, ServerId[]>();

  constructor(world: World) {
    this.#world = world;
  }

  saw({ serverId, tenantId, groupId, at, by, ...event }: ServerEvent): void {
    const known = this.#owners.get(serverId);
    if (known === undefined || known.groupId !== groupId)
      this.#owners.set(serverId, { groupId, before: known?.groupId, since: at, byEngine: by === 'caller' });
    if (event.kind !== 'server-changed' || event.address === '') return;
    const key = `${tenantId}/${event.address}`;
    const holders = this.#holders.get(key) ?? [];
    this.#holders.set(key, holders);
    if (!holders.includes(serverId)) holders.push(serverId);
  }

  /**
   * Whether the server is one of these groups', or of any where no groups are named. It is so still when somebody else took it from one of
   * them not longer ago than `decidedWithin`: the engine could not know.
   */
  isOf(serverId: ServerId, groups: Groups, now: EpochMs, decidedWithin: DurationMs): boolean {
    const { groupId, before, since, byEngine } = this.#owners.get(serverId) ?? nobody;
    const isAmong = (id: GroupId | undefined): boolean => id !== undefined && (groups?.has(id) ?? true);
    return isAmong(groupId) || (!byEngine && isAmong(before) && between(since, now) <= decidedWithin);
  }

  /** The server that has the address now. */
  holderOf(tenantId: TenantId, address: string): ServerRecord | undefined {
    const last = this.#holders.get(`${tenantId}/${address}`)?.at(-1);
    const record = last === undefined ? undefined : this.#world.tenant(tenantId).compute.servers.find(last);
    return record?.address === address ? record : undefined;
  }

  /** The last server with the address that is, or was, one of these groups'; or else the last of all. */
  meantBy(tenantId: TenantId, address: string, groups: Groups): ServerId | undefined {
    const holders = this.#holders.get(`${tenantId}/${address}`) ?? [];
    const own = holders.findLast((id) => {
      const { groupId, before } = this.#owners.get(id) ?? nobody;
      return [groupId, before].some((one) => one !== undefined && (groups?.has(one) ?? true));
    });
    return own ?? holders.at(-1);
  }
}
