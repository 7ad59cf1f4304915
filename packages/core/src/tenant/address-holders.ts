import { CloudError } from '../errors.ts';
import type { IsWanted, TenantCloud } from '../guards/tenant-cloud.ts';
import type { ServerId, TenantId } from '../model/identifiers.ts';
import type { KnownServer } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { between } from '../model/time.ts';
import type { Options } from '../options.ts';
import { isSilent } from '../pass/discrepancies.ts';
import type { Holder } from '../pass/leftovers.ts';
import type { Listing } from '../pass/listing.ts';
import type { Clock, Random, ServersById, Store } from '../ports.ts';

/** What finding out works with. */
export interface HolderPorts {
  readonly store: Pick<Store, 'groupIdsOf' | 'readGroup'>;
  readonly cloud: Pick<TenantCloud, 'getServers' | 'serversAt'>;
  readonly clock: Clock;
  readonly random: Pick<Random, 'at'>;
  readonly options: Pick<Options, 'confirmationsPerPass' | 'createVisibility'>;
}

/**
 * Who has addresses of a tenant (spec/planner.md, D21). Nobody has one only when the listing contains, or the cloud confirms by id, every
 * server that any group of the tenant is known to have, paused ones too, none of them has the address, and the cloud shows no server at it.
 */
export class AddressHolders {
  readonly #ports: HolderPorts;
  readonly #tenantId: TenantId;
  /** Known servers of which the cloud has said that there are none, and that no listing has shown since. */
  #absent: ReadonlySet<ServerId> = new Set();
  /** A read of the known servers that is under way. */
  #reading: Promise<readonly KnownServer[]> | undefined;

  constructor(ports: HolderPorts, tenantId: TenantId) {
    this.#ports = ports;
    this.#tenantId = tenantId;
  }

  /**
   * Not more than `confirmationsPerPass` servers, and as many addresses, are asked for, others from look to look; of the rest it is
   * unknown. Nothing is asked once nobody wants it. Rejects with the LutraError of a store that cannot be read.
   */
  async whoHas(addresses: readonly string[], listing: Listing, isWanted: IsWanted): Promise<ReadonlyMap<string, Holder>> {
    this.#reading ??= this.#knownServers();
    const known = await this.#reading;
    const missing = known.filter(({ id }) => isSilent(listing.serverById(id)));
    const answered = await this.#ask(missing, isWanted);
    const absent = this.#absent;
    const isAccounted = missing.every(({ id }) => absent.has(id) || !isSilent(answered.get(id)));
    const has = (server: KnownServer, address: string): boolean => {
      if (absent.has(server.id)) return false;
      const shown = answered.get(server.id) ?? listing.serverById(server.id);
      const isShown = !isSilent(shown) && shown?.servicenetAddress !== '';
      return (isShown ? shown?.servicenetAddress : server.servicenetAddress) === address;
    };
    const holderOf = async (address: string): Promise<Holder> => {
      if (listing.isLiveAddress(address) || known.some((server) => has(server, address))) return 'somebody';
      return isAccounted ? this.#shownAt(address, absent, isWanted) : 'unknown';
    };
    const asked = this.#some('addresses', addresses);
    return new Map(await Promise.all(asked.map(async (address) => [address, await holderOf(address)] as const)));
  }

  /** The servers of all groups of the tenant, as they are stored. */
  async #knownServers(): Promise<readonly KnownServer[]> {
    const { store } = this.#ports;
    try {
      const known: KnownServer[] = [];
      for (const groupId of await store.groupIdsOf(this.#tenantId)) {
        const group = await store.readGroup({ tenantId: this.#tenantId, groupId });
        for (const server of Object.values(group?.servers ?? {})) if (server.state !== 'DELETED') known.push(server);
      }
      return known;
    } finally {
      this.#reading = undefined;
    }
  }

  /** Asks for servers that the listing does not show. That there is none is kept until a listing shows it. */
  async #ask(missing: readonly KnownServer[], isWanted: IsWanted): Promise<ReadonlyMap<ServerId, Server>> {
    const { cloud } = this.#ports;
    const ids = missing.flatMap(({ id }) => (this.#absent.has(id) ? [] : id));
    const chosen = this.#some('servers', ids);
    const { servers, absent } = chosen.length === 0 ? nothing : await cloud.getServers(chosen, isWanted).catch(unanswered(nothing));
    const told = new Set(absent);
    const isAbsent = (server: KnownServer): boolean => this.#absent.has(server.id) || (told.has(server.id) && !this.#isUnseen(server));
    this.#absent = new Set(missing.filter(isAbsent).map(({ id }) => id));
    return new Map(servers.map((server) => [server.id, server]));
  }

  /** Its create was accepted a moment ago, and nothing has shown it yet: that there is no such server is no answer (D24). */
  #isUnseen({ doubt }: KnownServer): boolean {
    const { clock, options } = this.#ports;
    return doubt?.kind === 'unseen' && between(doubt.since, clock.now()) < options.createVisibility;
  }

  /** Another way to ask than the listing. */
  async #shownAt(address: string, absent: ReadonlySet<ServerId>, isWanted: IsWanted): Promise<Holder> {
    const shown = await this.#ports.cloud.serversAt(address, isWanted).catch(unanswered<readonly Server[] | undefined>(undefined));
    if (shown === undefined) return 'unknown';
    return shown.some(({ id, state }) => state !== 'DELETED' && !absent.has(id)) ? 'somebody' : 'nobody';
  }

  /** As many as may be asked for at once, others from look to look: some that are not answered do not stand in the way of the rest. */
  #some<K>(what: string, keys: readonly K[]): readonly K[] {
    const { clock, random, options } = this.#ports;
    const most = options.confirmationsPerPass;
    if (keys.length <= most) return keys;
    const first = Math.floor(random.at('holders', what, this.#tenantId, clock.now()) * keys.length);
    return [...keys.slice(first), ...keys.slice(0, first)].slice(0, most);
  }
}

const nothing: ServersById = { servers: [], absent: [] };

const unanswered =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (error instanceof CloudError) return instead;
    throw error;
  };
