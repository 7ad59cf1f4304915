import { CloudError } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { ServerId, TenantId } from '../model/identifiers.ts';
import type { KnownServer } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import type { Options } from '../options.ts';
import { isSilent } from '../pass/discrepancies.ts';
import type { Holder } from '../pass/leftovers.ts';
import type { Listing } from '../pass/listing.ts';
import type { ServersById, Store } from '../ports.ts';

/** What finding out works with. */
export interface HolderPorts {
  readonly store: Pick<Store, 'groupIdsOf' | 'readGroup'>;
  readonly cloud: Pick<TenantCloud, 'getServers' | 'serversAt'>;
  readonly options: Pick<Options, 'confirmationsPerPass'>;
}

/**
 * Who has addresses of a tenant (spec/planner.md, D21). Nobody has one only when the listing contains, or the cloud confirms by id, every
 * server that any group of the tenant is known to have, paused ones too, none of them has the address, and the cloud shows no server at it.
 * Not more than `confirmationsPerPass` servers, and as many addresses, are asked for: of the rest it is unknown. Rejects with the LutraError
 * of a store that cannot be read.
 */
export async function whoHas(
  tenantId: TenantId,
  addresses: readonly string[],
  listing: Listing,
  { store, cloud, options }: HolderPorts,
): Promise<ReadonlyMap<string, Holder>> {
  const known = await knownServers(tenantId, store);
  const missing = known.filter(({ id }) => isSilent(listing.serverById(id))).map(({ id }) => id);
  const byId = await ask(missing.slice(0, options.confirmationsPerPass), cloud);
  const answered = new Map(byId.servers.map((server) => [server.id, server]));
  const absent = new Set(byId.absent);
  const isAccounted = missing.every((id) => absent.has(id) || !isSilent(answered.get(id)));
  const has = (server: KnownServer, address: string): boolean => {
    if (absent.has(server.id)) return false;
    const shown = answered.get(server.id) ?? listing.serverById(server.id);
    const isShown = !isSilent(shown) && shown?.servicenetAddress !== '';
    return (isShown ? shown?.servicenetAddress : server.servicenetAddress) === address;
  };
  const holderOf = async (address: string): Promise<Holder> => {
    if (listing.isLiveAddress(address) || known.some((server) => has(server, address))) return 'somebody';
    return isAccounted ? shownAt(address, absent, cloud) : 'unknown';
  };
  const asked = addresses.slice(0, options.confirmationsPerPass);
  return new Map(await Promise.all(asked.map(async (address) => [address, await holderOf(address)] as const)));
}

/** The servers of all groups of a tenant, as they are stored. */
async function knownServers(tenantId: TenantId, store: HolderPorts['store']): Promise<readonly KnownServer[]> {
  const known: KnownServer[] = [];
  for (const groupId of await store.groupIdsOf(tenantId)) {
    const group = await store.readGroup({ tenantId, groupId });
    for (const server of Object.values(group?.servers ?? {})) if (server.state !== 'DELETED') known.push(server);
  }
  return known;
}

const nobody: ServersById = { servers: [], absent: [] };

async function ask(ids: readonly ServerId[], { getServers }: HolderPorts['cloud']): Promise<ServersById> {
  if (ids.length === 0) return nobody;
  return getServers(ids).catch(unanswered(nobody));
}

/** Another way to ask than the listing. */
async function shownAt(address: string, absent: ReadonlySet<ServerId>, { serversAt }: HolderPorts['cloud']): Promise<Holder> {
  const shown = await serversAt(address).catch(unanswered<readonly Server[] | undefined>(undefined));
  if (shown === undefined) return 'unknown';
  return shown.some(({ id, state }) => state !== 'DELETED' && !absent.has(id)) ? 'somebody' : 'nobody';
}

const unanswered =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (error instanceof CloudError) return instead;
    throw error;
  };
