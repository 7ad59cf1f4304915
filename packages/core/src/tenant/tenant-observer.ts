import { CloudError } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { LoadBalancerId } from '../model/identifiers.ts';
import type { LoadBalancer } from '../model/load-balancer.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { between, type DurationMs, type EpochMs, milliseconds } from '../model/time.ts';
import type { Options } from '../options.ts';
import { type PlacesOfGroup, placesOf } from '../pass/group-places.ts';
import {
  indexLoadBalancers,
  indexPoolMembers,
  indexServers,
  type Listing,
  type ListingScope,
  type LoadBalancerIndex,
  mergeLoadBalancers,
  noPools,
  type PoolIndex,
  type ServerIndex,
  unlikelyLoss,
} from '../pass/listing.ts';
import type { Clock, ServerListing } from '../ports.ts';
import { ReadCounter, SharedRead, type SharedReadOptions } from './shared-read.ts';
import type { SkewWatch } from './skew-watch.ts';

/** What a pass asks for. */
export interface ListingRequest {
  readonly group: ScalingGroup;
  /** Only readings that began after this mark will do. */
  readonly after: number;
  readonly scope: ListingScope;
}

/**
 * Observes a tenant for all its groups: one server listing, one list of all load balancers, one reading of each load balancer, each
 * shared by all groups that need it. Most passes read their own group's load balancers alone, if that takes fewer calls than reading
 * all of them. What is on others is found by the next look at everything, at self-heal at the latest.
 */
export class TenantObserver {
  readonly #cloud: TenantCloud;
  readonly #clock: Clock;
  readonly #skew: Pick<SkewWatch, 'listed'>;
  readonly #reading: Omit<SharedReadOptions<never>, 'spacing'>;
  readonly #counter = new ReadCounter();
  readonly #servers: SharedRead<ServerIndex>;
  readonly #allLoadBalancers: SharedRead<LoadBalancerIndex>;
  readonly #pools: SharedRead<PoolIndex>;
  readonly #loadBalancers = new Map<LoadBalancerId, SharedRead<LoadBalancer | undefined>>();
  /** When a listing last showed servers that leave, or no longer showed some that the one before did. */
  #departedAt: EpochMs | undefined;

  constructor(
    cloud: TenantCloud,
    clock: Clock,
    options: Pick<Options, 'observationMaxAge' | 'largeListing' | 'largeListingSpacing'>,
    skew: Pick<SkewWatch, 'listed'>,
  ) {
    const { observationMaxAge: maxAge, largeListing, largeListingSpacing } = options;
    this.#cloud = cloud;
    this.#clock = clock;
    this.#skew = skew;
    this.#reading = { clock, counter: this.#counter, maxAge };
    this.#servers = new SharedRead(() => this.#listServers(), {
      ...this.#reading,
      spacing: ({ servers }) => (servers.length > largeListing ? largeListingSpacing : milliseconds(0)),
    });
    this.#allLoadBalancers = new SharedRead(() => this.#listLoadBalancers(), this.#reading);
    this.#pools = new SharedRead(async () => indexPoolMembers(await cloud.listPoolMembers()), this.#reading);
  }

  /** Whether servers were leaving, or left, within this time, as far as the listings show. */
  leftLately(within: DurationMs): boolean {
    return this.#departedAt !== undefined && between(this.#departedAt, this.#clock.now()) < within;
  }

  /** A mark: whatever is read from now on is later. */
  get mark(): number {
    return this.#counter.mark;
  }

  /** A listing of at least what was asked for. Rejects with the CloudError of the read that failed. */
  async observe({ group, after, scope }: ListingRequest): Promise<Listing> {
    if (scope === 'tenant') {
      const [servers, loadBalancers, pools] = await Promise.all([
        this.#servers.read(after),
        this.#allLoadBalancers.read(after),
        this.#pools.read(after),
      ]);
      const complete = await this.#completed(loadBalancers.value, placesOf(group, servers.value).loadBalancers, after);
      return { ...servers.value, ...complete, ...pools.value, begunAt: servers.begunAt, scope };
    }
    const servers = await this.#servers.read(after);
    const places = placesOf(group, servers.value);
    return { ...servers.value, ...(await this.#lookAt(places, after)), begunAt: servers.begunAt, scope };
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
    this.#skew.listed(begunAt, listing.cloudNow);
    return listing;
  }

  /** All load balancers; what was read of single ones before is forgotten, for this is newer. */
  async #listLoadBalancers(): Promise<LoadBalancerIndex> {
    const { mark } = this.#counter;
    const { loadBalancers, unread } = await this.#cloud.listLoadBalancers();
    const [failed] = unread;
    if (failed !== undefined) throw new CloudError('server-fault', failed.reason);
    const listed = indexLoadBalancers(loadBalancers);
    for (const [id, read] of this.#loadBalancers) if (read.isOlderThan(mark)) this.#loadBalancers.delete(id);
    return listed;
  }

  async #lookAt({ loadBalancers, pools }: PlacesOfGroup, after: number): Promise<LoadBalancerIndex & PoolIndex> {
    const [read, members] = await Promise.all([
      this.#loadBalancersAt(loadBalancers, after),
      pools ? this.#pools.read(after).then(({ value }) => value) : noPools,
    ]);
    return { ...read, ...members };
  }

  /** The load balancers in question, one by one where they are fewer than half of all. */
  async #loadBalancersAt(ids: ReadonlySet<LoadBalancerId>, after: number): Promise<LoadBalancerIndex> {
    const all = this.#allLoadBalancers.latest?.healthMonitors.size ?? Number.POSITIVE_INFINITY;
    if (2 * ids.size > all) return this.#completed((await this.#allLoadBalancers.read(after)).value, ids, after);
    return this.#oneByOne([...ids], after);
  }

  /** A list is a witness too: a load balancer of the group that it does not have is gone only when it is not there by its id. */
  async #completed(listed: LoadBalancerIndex, ids: ReadonlySet<LoadBalancerId>, after: number): Promise<LoadBalancerIndex> {
    const absent = absentFrom(listed, ids);
    return absent.length === 0 ? listed : mergeLoadBalancers(listed, await this.#oneByOne(absent, after));
  }

  async #oneByOne(ids: readonly LoadBalancerId[], after: number): Promise<LoadBalancerIndex> {
    const read = await Promise.all(ids.map((id) => this.#loadBalancer(id).read(after)));
    return indexLoadBalancers(read.flatMap(({ value }) => value ?? []));
  }

  #loadBalancer(id: LoadBalancerId): SharedRead<LoadBalancer | undefined> {
    const known = this.#loadBalancers.get(id);
    if (known !== undefined) return known;
    const made = new SharedRead(() => this.#cloud.getLoadBalancer(id), this.#reading);
    this.#loadBalancers.set(id, made);
    return made;
  }
}

/** Those of these load balancers that an index does not have. */
const absentFrom = ({ healthMonitors }: LoadBalancerIndex, ids: ReadonlySet<LoadBalancerId>): readonly LoadBalancerId[] =>
  [...ids].filter((id) => !healthMonitors.has(id));

/** Whether servers are on their way out, or have gone since the listing before. */
function hasDepartures(servers: readonly Server[], before: readonly Server[] | undefined): boolean {
  if (servers.some(({ state, marked }) => state === 'DELETED' || marked)) return true;
  if (before === undefined) return false;
  const there = new Set(servers.map(({ id }) => id));
  return before.some(({ id }) => !there.has(id));
}
