import {
  indexLoadBalancers,
  indexPoolMembers,
  indexServers,
  type LoadBalancerIndex,
  noPools,
  type Observation,
  type PoolIndex,
  type ServerIndex,
} from '../convergence/observation.ts';
import type { TenantCloud } from '../convergence/tenant-cloud.ts';
import type { GroupId, LoadBalancerId } from '../model/identifiers.ts';
import { desiredLoadBalancersOf, type LaunchConfiguration } from '../model/launch-configuration.ts';
import type { DesiredLoadBalancer, LoadBalancer } from '../model/load-balancer.ts';
import { milliseconds } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Clock } from '../ports.ts';
import { ReadingCounter, SharedRead, type SharedReadOptions } from './shared-read.ts';

/** What a pass asks for. */
export interface ObservationRequest {
  readonly groupId: GroupId;
  readonly launch: LaunchConfiguration;
  /** Only readings that began after this mark will do. */
  readonly after: number;
  /** All load balancers and pools, not only those that the group is configured for. */
  readonly whole: boolean;
}

/**
 * Observes a tenant for all its groups: one server listing, one list of all load balancers, one reading of each load balancer, each
 * shared by whoever needs it. A pass that only follows up looks at its own group's load balancers, where that takes fewer calls than
 * all of them; whatever is on others, the next whole look finds, at the latest at self-heal.
 */
export class TenantObserver {
  readonly #cloud: TenantCloud;
  readonly #reading: Omit<SharedReadOptions<never>, 'spacing'>;
  readonly #counter = new ReadingCounter();
  readonly #servers: SharedRead<ServerIndex>;
  readonly #allLoadBalancers: SharedRead<LoadBalancerIndex>;
  readonly #pools: SharedRead<PoolIndex>;
  readonly #loadBalancers = new Map<LoadBalancerId, SharedRead<LoadBalancer | undefined>>();

  constructor(cloud: TenantCloud, clock: Clock, options: Pick<Options, 'observationMaxAge' | 'largeListing' | 'largeListingSpacing'>) {
    const { observationMaxAge: maxAge, largeListing, largeListingSpacing } = options;
    this.#cloud = cloud;
    this.#reading = { clock, counter: this.#counter, maxAge };
    this.#servers = new SharedRead(async () => indexServers(await cloud.listServers()), {
      ...this.#reading,
      spacing: ({ size }) => (size > largeListing ? largeListingSpacing : milliseconds(0)),
    });
    this.#allLoadBalancers = new SharedRead(async () => indexLoadBalancers(await cloud.listLoadBalancers()), this.#reading);
    this.#pools = new SharedRead(async () => indexPoolMembers(await cloud.listPoolMembers()), this.#reading);
  }

  /** A mark: whatever is read from now on is later. */
  get mark(): number {
    return this.#counter.mark;
  }

  /** An observation of at least what was asked for. Rejects with the CloudError of the read that failed. */
  async observe(request: ObservationRequest): Promise<Observation> {
    const { after } = request;
    if (request.whole) {
      const [servers, loadBalancers, pools] = await Promise.all([
        this.#servers.read(after),
        this.#allLoadBalancers.read(after),
        this.#pools.read(after),
      ]);
      return { ...servers.value, ...loadBalancers.value, ...pools.value, begunAt: servers.begunAt };
    }
    const servers = await this.#servers.read(after);
    const places = placesOf(request, servers.value);
    const [loadBalancers, pools] = await Promise.all([
      this.#loadBalancersAt(places, after),
      places.some(({ kind }) => kind === 'rcv3') ? this.#pools.read(after).then(({ value }) => value) : noPools,
    ]);
    return { ...servers.value, ...loadBalancers, ...pools, begunAt: servers.begunAt };
  }

  /** The load balancers in question, one by one where they are fewer than half of all. */
  async #loadBalancersAt(places: readonly DesiredLoadBalancer[], after: number): Promise<LoadBalancerIndex> {
    const ids = new Set(places.flatMap((place) => (place.kind === 'clb' ? [place.loadBalancerId] : [])));
    const all = this.#allLoadBalancers.latest?.healthMonitors.size ?? Number.POSITIVE_INFINITY;
    if (2 * ids.size > all) return (await this.#allLoadBalancers.read(after)).value;
    const read = await Promise.all([...ids].map((id) => this.#loadBalancer(id).read(after)));
    return indexLoadBalancers(read.flatMap(({ value }) => (value === undefined ? [] : [value])));
  }

  #loadBalancer(id: LoadBalancerId): SharedRead<LoadBalancer | undefined> {
    const known = this.#loadBalancers.get(id);
    if (known !== undefined) return known;
    const made = new SharedRead(() => this.#cloud.getLoadBalancer(id), this.#reading);
    this.#loadBalancers.set(id, made);
    return made;
  }
}

/** Where the group's servers are to be, by their own metadata, and where new ones will be. */
const placesOf = ({ groupId, launch }: ObservationRequest, { serversOf }: ServerIndex): readonly DesiredLoadBalancer[] => [
  ...desiredLoadBalancersOf(launch),
  ...serversOf(groupId).flatMap(({ desiredLoadBalancers }) => desiredLoadBalancers),
];
