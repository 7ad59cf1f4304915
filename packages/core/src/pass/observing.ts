/**
 * How a pass looks at its group: a listing, shared with other groups, and questions about single servers where the listing is not
 * to be believed. Reads only. A look that is not over when the pass's time is up is given up; the calls under way have deadlines of
 * their own, and whoever else shares them still gets their answers.
 */
import { CloudError } from '../errors.ts';
import type { IsWanted, TenantCloud } from '../guards/tenant-cloud.ts';
import type { CreateToken, ServerId } from '../model/identifiers.ts';
import type { NodeRecords } from '../model/node-record.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { between, type EpochMs, milliseconds } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Clock, Random } from '../ports.ts';
import {
  compareWithListing,
  type Discrepancies,
  doubtfulServers,
  missingServers,
  type OpenCreate,
  overdueCreates,
} from './discrepancies.ts';
import { addressesInDoubt, findLeftovers, type Holder, planLeftovers, type RecordsAt } from './leftovers.ts';
import { type Listing, unlikelyLoss } from './listing.ts';
import { type Confirmation, type GroupView, type ViewOptions, viewGroup } from './viewing.ts';

/** What observing a group needs. */
export interface ViewPorts {
  readonly clock: Clock;
  readonly random: Pick<Random, 'at'>;
  readonly options: Pick<Options, 'confirmationsPerPass' | ViewOptions>;
  readonly cloud: Pick<TenantCloud, 'getServer' | 'findServers'>;
  /** A listing for this group, and what these records are of, that began after its last write; `again`: after now. */
  observe(group: ScalingGroup, records: NodeRecords, again: boolean): Promise<Listing>;
  /** The records of all groups of the tenant by their places, as they are by now. */
  recordsAt(): Promise<RecordsAt>;
  /** Who has these addresses, by a listing and whatever else can be asked; some of them are left for the next look. */
  whoHas(addresses: readonly string[], listing: Listing, isWanted: IsWanted): Promise<ReadonlyMap<string, Holder>>;
}

/** Looks at a group, and at what its records, and those that it looks after for others, are of. Rejects with the CloudError of the read that failed, or with a timeout at `deadline`. */
export function observeGroup(group: ScalingGroup, records: NodeRecords, ports: ViewPorts, deadline: EpochMs): Promise<GroupView> {
  return until(ports.clock, deadline, observe(group, records, { ...ports, isWanted: () => ports.clock.now() < deadline }));
}

/** With whether the look is still going on: a question whose turn comes after its end is not asked any more. */
type ObservingPorts = ViewPorts & { readonly isWanted: IsWanted };

async function observe(group: ScalingGroup, records: NodeRecords, ports: ObservingPorts): Promise<GroupView> {
  const { clock, options } = ports;
  const { listing, discrepancies } = await believedListing(group, records, ports);
  const confirmations = await confirm(group, ports, doubtfulServers(discrepancies));
  const sightings = await lookForCreates(group, ports, overdueCreates(group, listing, options));
  const spread = ports.random.at('birth', group.groupId, clock.now());
  const seen = viewGroup(group, listing, { discrepancies, confirmations, sightings, spread }, clock.now(), options);
  const found = findLeftovers(group, seen, { records, recordsAt: await ports.recordsAt() }, listing, options);
  const addresses = addressesInDoubt(group, found, listing, options);
  const holders = addresses.length === 0 ? noHolders : await ports.whoHas(addresses, listing, ports.isWanted);
  return { ...seen, ...planLeftovers(group, found, holders, listing, seen.desired.stuck ?? new Set(), options) };
}
const noHolders: ReadonlyMap<string, Holder> = new Map();

/** Where an unlikely share of the group is missing from the listing, lists once more first. */
async function believedListing(
  group: ScalingGroup,
  records: NodeRecords,
  ports: ViewPorts,
): Promise<{ readonly listing: Listing; readonly discrepancies: Discrepancies }> {
  const first = await ports.observe(group, records, false);
  const discrepancies = compareWithListing(group, first);
  if (missingServers(discrepancies).length <= unlikelyLoss(Object.keys(group.servers).length)) return { listing: first, discrepancies };
  const listing = await ports.observe(group, records, true);
  return { listing, discrepancies: compareWithListing(group, listing) };
}

/** Asks for servers that the listing does not show, or shows as they no longer are, one by one. */
function confirm(group: ScalingGroup, ports: ObservingPorts, missing: readonly ServerId[]): Promise<ReadonlyMap<ServerId, Confirmation>> {
  return ask(group, ports, missing, async (id) => (await ports.cloud.getServer(id, ports.isWanted)) ?? 'gone');
}

/** Looks once more, by name, for servers whose creation was never answered, before they are given up. */
function lookForCreates(
  group: ScalingGroup,
  ports: ObservingPorts,
  creates: readonly OpenCreate[],
): Promise<ReadonlyMap<CreateToken, Confirmation>> {
  const names = new Map(creates.map(({ token, serverName }) => [token, serverName]));
  return ask(group, ports, [...names.keys()], async (token) => {
    const named = await ports.cloud.findServers(names.get(token) ?? '', ports.isWanted);
    return named.find(({ createToken }) => createToken === token) ?? 'gone';
  });
}

/**
 * Asks the cloud about single servers, at most `confirmationsPerPass` of them, others from pass to pass, so that some which cannot be
 * answered do not stand in the way of the rest. What was not asked, or not answered, is unconfirmed.
 */
async function ask<K>(
  { groupId }: ScalingGroup,
  { clock, random, options }: ViewPorts,
  keys: readonly K[],
  question: (key: K) => Promise<Confirmation>,
): Promise<ReadonlyMap<K, Confirmation>> {
  const first = keys.length > options.confirmationsPerPass ? Math.floor(random.at('ask', groupId, clock.now()) * keys.length) : 0;
  const chosen = [...keys.slice(first), ...keys.slice(0, first)].slice(0, options.confirmationsPerPass);
  const answers = await Promise.all(
    chosen.map(async (key): Promise<readonly [K, Confirmation]> => {
      try {
        return [key, await question(key)];
      } catch (error) {
        if (error instanceof CloudError) return [key, 'unconfirmed'];
        throw error;
      }
    }),
  );
  return new Map(answers);
}

/** Waits for `work` until `deadline`, then rejects as a cloud that does not answer. */
function until<T>(clock: Clock, deadline: EpochMs, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(milliseconds(Math.max(0, between(clock.now(), deadline)))).subscribe(() => {
      reject(new CloudError('timeout', 'The cloud could not be observed within the time of one pass'));
    });
    const over = (): void => timer.unsubscribe();
    work.then(over, over);
    work.then(resolve, reject);
  });
}
