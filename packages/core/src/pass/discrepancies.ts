/**
 * Where a listing, which is a witness and not the truth, tells something else than we knew: whom to ask for by id, and which creates to
 * look for by name, before anything is planned by it.
 */
import type { ServerId } from '../model/identifiers.ts';
import { own } from '../model/own.ts';
import type { Intent, KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import type { Server, ServerState } from '../model/server.ts';
import { between } from '../model/time.ts';
import type { Options } from '../options.ts';
import { contradicts } from './believing.ts';
import type { Listing } from './listing.ts';

/** Known servers of which the listing tells something else than we knew. */
export interface Discrepancies {
  /** It does not show them at all, or they were deleted; any other that it shows with another group, or with none, is no longer ours. */
  readonly unlisted: readonly KnownServer[];
  /**
   * It shows them as they were before we last saw them: back in BUILD, or well again after they were broken or deleted. Either it lags,
   * and planning by it would delete a server in service as a building one, or forget its address; or something unlikely happened.
   */
  readonly outdated: readonly KnownServer[];
  /**
   * We neither know them nor wait for them. Those that it shows as the group's, and not as going, are new to us, or they are gone, it
   * lags, and we have forgotten them: counted, they would make servers in service surplus. Those that it does not show are to be removed.
   */
  readonly unexpected: ReadonlySet<ServerId>;
}

/** What a listing tells otherwise than what is stored. */
export function compareWithListing(group: ScalingGroup, listing: Listing): Discrepancies {
  const listed = listing.serversOf(group.groupId);
  const outdated: KnownServer[] = [];
  const strangers: Server[] = [];
  for (const server of listed) {
    const known = own(group.servers, server.id);
    if (known === undefined) strangers.push(server);
    else if (wentBack(known, server)) outdated.push(known);
  }
  return { unlisted: unlistedOf(group, listing), outdated, unexpected: unexpected(group, strangers) };
}

/** Known servers that the listing does not show as the group's. Most of them were deleted, and stay in the group until the next full look. */
function unlistedOf({ groupId, servers }: ScalingGroup, { serversOf, serverById }: Listing): readonly KnownServer[] {
  const ids = new Set(serversOf(groupId).map(({ id }) => id));
  return Object.values(servers).filter(({ id, state }) => !ids.has(id) && (state === 'DELETED' || isSilent(serverById(id))));
}

/** The listing, or an answer by id, tells nothing of the server: it does not show it, or only that its cell is down (UNKNOWN, without metadata). */
export const isSilent = (server: Server | undefined): boolean =>
  server === undefined || (server.state === 'UNKNOWN' && server.groupId === undefined);

/** Of the unlisted ones those that were not being deleted when last seen. */
export const missingServers = ({ unlisted }: Discrepancies): readonly ServerId[] =>
  unlisted.filter(({ state }) => state !== 'DELETED').map(({ id }) => id);

/** Servers to be asked for by id, for the listing is not to be believed. */
export const doubtfulServers = (found: Discrepancies): readonly ServerId[] => [
  ...missingServers(found),
  ...found.outdated.map(({ id }) => id),
  ...found.unexpected,
];

const wentBack = (known: KnownServer, { state }: Server): boolean =>
  contradicts(known, state) || (state === 'BUILD' && known.state !== 'BUILD') || (state === 'ACTIVE' && broken.has(known.state));
const broken: ReadonlySet<ServerState> = new Set<ServerState>(['ERROR', 'SHUTOFF']);

/** `strangers`: servers that the listing shows as the group's, and that nobody knows. */
function unexpected({ spec, intents, servers }: ScalingGroup, strangers: readonly Server[]): ReadonlySet<ServerId> {
  const removals = Object.values(spec.removals);
  const found = new Set<ServerId>();
  for (const { serverId } of removals) if (!Object.hasOwn(servers, serverId)) found.add(serverId);
  for (const { id, state, createToken } of strangers) {
    if (state === 'DELETED' || `create:${createToken}` in intents) found.delete(id);
    else found.add(id);
  }
  return found;
}

/** A create whose answer never came. */
export type OpenCreate = Extract<Intent, { kind: 'create' }>;

/** Creates whose server should show by now, and does not: to be looked for by name before they are given up. */
export function overdueCreates(
  group: ScalingGroup,
  listing: Listing,
  { createVisibility }: Pick<Options, 'createVisibility'>,
): readonly OpenCreate[] {
  const overdue = Object.values(group.intents).filter(
    (intent): intent is OpenCreate => intent.kind === 'create' && between(intent.plannedAt, listing.begunAt) > createVisibility,
  );
  const tokens = new Set(listing.serversOf(group.groupId).map(({ createToken }) => createToken));
  return overdue.filter(({ token }) => !tokens.has(token));
}
