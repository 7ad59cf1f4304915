import { Subject } from 'rxjs';
import { CloudError } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { LoadBalancerId } from '../model/identifiers.ts';
import type { LoadBalancer } from '../model/load-balancer.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { between, type DurationMs, type EpochMs, later, milliseconds } from '../model/time.ts';
import type { Unread } from '../model/unread.ts';
import type { Options } from '../options.ts';
import { placesOf } from '../pass/group-places.ts';
import {
  indexListed,
  indexLoadBalancers,
  indexPoolMembers,
  indexServers,
  type Listing,
  type ListingScope,
  type LoadBalancerIndex,
  mergeLoadBalancers,
  noLoadBalancers,
  noPools,
  type PoolIndex,
  type ServerIndex,
  unlikelyLoss,
} from '../pass/listing.ts';
import type { Clock, ServerListing } from '../ports.ts';
import type { ServiceClocks } from './service-clocks.ts';
import { type Answer, type EndedRead, ReadCounter, SharedRead, type SharedReadOptions } from './shared-read.ts';
import type { UnreadWatch } from './unread-watch.ts';
import type { Reading } from './watch/differences.ts';
import type { EndedReading, TenantReader } from './watch/tenant-watch.ts';

type ObservedClocks = Pick<ServiceClocks, 'answered' | 'serversNow' | 'loadBalancersAhead'>;

/** What a pass asks for. */
export interface ListingRequest {
  readonly group: ScalingGroup;
  /** Load balancers on which nodes of the group are known to be, besides those that it uses. */
  readonly besides: readonly LoadBalancerId[];
  /** Only readings that began after this mark will do. */
  readonly after: number;
  readonly scope: ListingScope;
}

type ServerReading = Promise<Answer<ServerIndex>>;

/** Load balancers and pools that are not read within this share of `observeDeadline` are unread: the rest is for questions about single servers. */
const patientShare = 0.75;

/**
 * Observes a tenant for all its groups: one server listing, one list of all load balancers, one reading of each load balancer, each
 * shared by all groups that need it. Most passes read their own group's load balancers alone, if that takes fewer calls than reading
 * all of them. What is on others is found by the next look at everything, at self-heal at the latest.
 * Without the servers there is no listing. A load balancer, or the pools, that cannot be read, or not in time, are unread in it.
 */
export class TenantObserver implements TenantReader {
  readonly #cloud: TenantCloud;
  readonly #clock: Clock;
  readonly #clocks: ObservedClocks;
  readonly #unread: Pick<UnreadWatch, 'noted'>;
  readonly #reading: Pick<SharedReadOptions<never>, 'clock' | 'counter' | 'maxAge'>;
  readonly #patience: DurationMs;
  readonly #counter = new ReadCounter();
  readonly #servers: SharedRead<ServerIndex>;
  readonly #allLoadBalancers: SharedRead<LoadBalancerIndex>;
  readonly #pools: SharedRead<PoolIndex>;
  readonly #loadBalancers = new Map<LoadBalancerId, SharedRead<readonly LoadBalancer[]>>();
  /** When a listing last showed servers that leave, or no longer showed some that the one before did. */
  #departedAt: EpochMs | undefined;
  readonly #readings = new Subject<EndedReading>();
  readonly readings$ = this.#readings.asObservable();

  constructor(
    cloud: TenantCloud,
    clock: Clock,
    options: Pick<Options, 'observationMaxAge' | 'largeListing' | 'largeListingSpacing' | 'observeDeadline'>,
    clocks: ObservedClocks,
    unread: Pick<UnreadWatch, 'noted'>,
  ) {
    const { observationMaxAge: maxAge, largeListing, largeListingSpacing } = options;
    this.#patience = milliseconds(Math.round(options.observeDeadline * patientShare));
    this.#cloud = cloud;
    this.#clock = clock;
    this.#clocks = clocks;
    this.#unread = unread;
    this.#reading = { clock, counter: this.#counter, maxAge };
    this.#servers = new SharedRead(() => this.#listServers(), {
      ...this.#reading,
      spacing: ({ servers }) => (servers.length > largeListing ? largeListingSpacing : milliseconds(0)),
      ended: this.#telling('servers', (servers) => ({ of: 'servers', servers })),
    });
    this.#allLoadBalancers = new SharedRead(() => this.#listLoadBalancers(), {
      ...this.#reading,
      ended: this.#telling('load-balancers', (loadBalancers) => ({
        of: 'load-balancers',
        ids: new Set(loadBalancers.healthMonitors.keys()),
        loadBalancers,
      })),
    });
    this.#pools = new SharedRead(async () => indexPoolMembers(await cloud.listPoolMembers()), {
      ...this.#reading,
      ended: this.#telling('pools', (pools) => ({ of: 'pools', pools })),
    });
  }

  /** Whether servers were leaving, or left, within this time, as far as the listings show. */
  leftLately(within: DurationMs): boolean {
    return this.#departedAt !== undefined && between(this.#departedAt, this.#clock.now()) < within;
  }

  readServers(): Promise<unknown> {
    return this.#servers.read(this.mark);
  }
  readLoadBalancer(id: LoadBalancerId): Promise<unknown> {
    return this.#loadBalancer(id).read(this.mark);
  }
  readPools(): Promise<unknown> {
    return this.#pools.read(this.mark);
  }

  /** Tells of readings as they end. */
  #telling<T>(of: EndedReading['of'], readingOf: (value: T) => Reading): (read: EndedRead<T>) => void {
    return ({ value, ...read }) => this.#readings.next({ ...read, of, shown: value === undefined ? undefined : readingOf(value) });
  }

  /** A mark: whatever is read from now on is later. */
  get mark(): number {
    return this.#counter.mark;
  }

  /** A listing of at least what was asked for. Rejects with the CloudError of the server listing. */
  async observe(request: ListingRequest): Promise<Listing> {
    const { after, scope } = request;
    const until = later(this.#clock.now(), this.#patience);
    const listing = this.#servers.read(after);
    const [servers, loadBalancers, pools] = await Promise.all([
      listing,
      this.#loadBalancersFor(request, listing, until),
      this.#poolsFor(request, listing, until),
    ]);
    return { ...servers.value, ...loadBalancers, ...pools, ...this.#times(), begunAt: servers.begunAt, scope };
  }

  #times(): Pick<Listing, 'cloudNow' | 'loadBalancersAhead'> {
    return { cloudNow: this.#clocks.serversNow(), loadBalancersAhead: this.#clocks.loadBalancersAhead() };
  }

  /** A listing that has lost an unlikely share of the last one's servers is made once more before it is believed. */
  async #listServers(): Promise<ServerIndex> {
    const before = this.#servers.latest;
    const first = await this.#list();
    const lost = (before?.servers.length ?? 0) - first.servers.length;
    const isShort = before !== undefined && lost > unlikelyLoss(before.servers.length);
    const listing = isShort ? await this.#list() : first;
    if (hasDepartures(listing.servers, before?.servers)) this.#departedAt = this.#clock.now();
    return indexServers(listing);
  }

  async #list(): Promise<ServerListing> {
    const begunAt = this.#clock.now();
    const listing = await this.#cloud.listServers();
    this.#clocks.answered('servers', begunAt, listing.cloudNow);
    return listing;
  }

  /** All load balancers; what was read of single ones before is forgotten, for this is newer. */
  async #listLoadBalancers(): Promise<LoadBalancerIndex> {
    const { mark } = this.#counter;
    const begunAt = this.#clock.now();
    const listing = await this.#cloud.listLoadBalancers();
    this.#clocks.answered('load-balancers', begunAt, listing.cloudNow);
    const listed = indexListed(listing);
    for (const [id, read] of this.#loadBalancers) if (read.isOlderThan(mark)) this.#loadBalancers.delete(id);
    return listed;
  }

  async #loadBalancersFor(
    { group, besides, after, scope }: ListingRequest,
    listing: ServerReading,
    until: EpochMs,
  ): Promise<LoadBalancerIndex> {
    const [listed, servers] = await Promise.all([scope === 'tenant' ? this.#listed(after, until) : undefined, listing]);
    const loadBalancers = new Set([...placesOf(group, servers.value).loadBalancers, ...besides]);
    return listed === undefined ? this.#loadBalancersAt(loadBalancers, after, until) : this.#completed(listed, loadBalancers, after, until);
  }

  async #poolsFor({ group, after, scope }: ListingRequest, listing: ServerReading, until: EpochMs): Promise<PoolIndex> {
    const isAsked = scope === 'tenant' || placesOf(group, (await listing).value).pools;
    if (!isAsked) return noPools;
    const read = await this.#orUnread('pools', this.#pools.read(after), until);
    return 'missing' in read ? { ...noPools, poolsUnread: read } : read.value;
  }

  /** The load balancers in question, one by one where they are fewer than half of all. */
  async #loadBalancersAt(ids: ReadonlySet<LoadBalancerId>, after: number, until: EpochMs): Promise<LoadBalancerIndex> {
    const latest = this.#allLoadBalancers.latest;
    const all = latest === undefined ? Number.POSITIVE_INFINITY : latest.healthMonitors.size + latest.unread.size;
    if (2 * ids.size > all) return this.#completed(await this.#listed(after, until), ids, after, until);
    return this.#oneByOne([...ids], after, until);
  }

  /** A list is a witness too: a load balancer of the group that it does not have is gone only when it is not there by its id. */
  async #completed(listed: LoadBalancerIndex, ids: ReadonlySet<LoadBalancerId>, after: number, until: EpochMs): Promise<LoadBalancerIndex> {
    const absent = absentFrom(listed, ids);
    return absent.length === 0 ? listed : mergeLoadBalancers(listed, await this.#oneByOne(absent, after, until));
  }

  async #listed(after: number, until: EpochMs): Promise<LoadBalancerIndex> {
    const listed = await this.#orUnread('the list of load balancers', this.#allLoadBalancers.read(after), until);
    if ('missing' in listed) return noLoadBalancers(listed);
    for (const [id, unread] of listed.value.unread) this.#unread.noted(`load balancer ${id}`, unread);
    for (const id of listed.value.healthMonitors.keys()) this.#unread.noted(`load balancer ${id}`, undefined);
    return listed.value;
  }

  async #oneByOne(ids: readonly LoadBalancerId[], after: number, until: EpochMs): Promise<LoadBalancerIndex> {
    const read = await Promise.all(ids.map((id) => this.#orUnread(`load balancer ${id}`, this.#loadBalancer(id).read(after), until)));
    const unread = new Map<LoadBalancerId, Unread>();
    for (const [index, id] of ids.entries()) {
      const one = read[index];
      if (one !== undefined && 'missing' in one) unread.set(id, one);
    }
    return { ...indexLoadBalancers(read.flatMap((one) => ('missing' in one ? [] : one.value))), unread };
  }

  /** What was read, or why it was not, or not by then. It goes on for others who wait for it. */
  async #orUnread<T>(source: string, reading: Promise<Answer<T>>, until: EpochMs): Promise<Answer<T> | Unread> {
    const read = await this.#inTime(reading, until);
    this.#unread.noted(source, 'missing' in read ? read : undefined);
    return read;
  }

  #inTime<T>(reading: Promise<Answer<T>>, until: EpochMs): Promise<Answer<T> | Unread> {
    return new Promise((resolve, reject) => {
      const late = (): void => resolve({ reason: 'it is not answered in time', missing: false });
      const timer = this.#clock.after(milliseconds(Math.max(0, between(this.#clock.now(), until)))).subscribe(late);
      reading
        .finally(() => timer.unsubscribe())
        .then(resolve, (error: unknown) => {
          if (error instanceof CloudError) resolve(unreadBy(error));
          else reject(error);
        });
    });
  }

  #loadBalancer(id: LoadBalancerId): SharedRead<readonly LoadBalancer[]> {
    const known = this.#loadBalancers.get(id);
    if (known !== undefined) return known;
    const ids = new Set([id]);
    const made = new SharedRead<readonly LoadBalancer[]>(
      async () => {
        const found = await this.#cloud.getLoadBalancer(id);
        return found === undefined ? [] : [found];
      },
      {
        ...this.#reading,
        ended: this.#telling(id, (found) => ({ of: 'load-balancers', ids, loadBalancers: indexLoadBalancers(found) })),
      },
    );
    this.#loadBalancers.set(id, made);
    return made;
  }
}

/** Why something is unread, by what its reading came to. */
const unreadBy = ({ kind, message, tenantMessage }: CloudError): Unread =>
  kind === 'no-such-service' ? { reason: tenantMessage || message, missing: true } : { reason: message, missing: false };

/** Those of these load balancers that an index tells nothing of. */
const absentFrom = ({ healthMonitors, unread }: LoadBalancerIndex, ids: ReadonlySet<LoadBalancerId>): readonly LoadBalancerId[] =>
  [...ids].filter((id) => !healthMonitors.has(id) && !unread.has(id));

/** Whether servers are on their way out, or have gone since the listing before. */
function hasDepartures(servers: readonly Server[], before: readonly Server[] | undefined): boolean {
  if (servers.some(({ state, marked }) => state === 'DELETED' || marked)) return true;
  if (before === undefined) return false;
  const there = new Set(servers.map(({ id }) => id));
  return before.some(({ id }) => !there.has(id));
}
