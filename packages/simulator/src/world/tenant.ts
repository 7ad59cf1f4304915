import type { TenantId } from '@lutra/core';
import type { Identity } from '../identity/identity.ts';
import { Belongings, type BelongingsSnapshot } from './belongings.ts';
import { Compute, type ComputeSnapshot } from './compute.ts';
import { Feeds, type FeedsSnapshot } from './feed.ts';
import { LoadBalancers } from './load-balancers.ts';
import type { LoadBalancersSnapshot } from './load-balancers-snapshot.ts';
import type { Pace } from './pace.ts';
import { Pools, type PoolsSnapshot } from './pools.ts';
import type { Surroundings } from './surroundings.ts';
import type { WorldEvent } from './world-event.ts';

/** Everything that one tenant has in the simulated cloud, as it truly is. */
export class Tenant {
  readonly id: TenantId;
  readonly belongings: Belongings;
  readonly compute: Compute;
  readonly loadBalancers: LoadBalancers;
  readonly pools: Pools;
  readonly feeds = new Feeds();
  /** Who there is in the whole cloud. */
  readonly identity: Identity;
  readonly #around: Surroundings;

  constructor(id: TenantId, around: Surroundings, identity: Identity) {
    this.id = id;
    this.#around = around;
    this.identity = identity;
    const tell = (event: WorldEvent): void => {
      around.tell(event);
      if (event.kind === 'server-changed') this.loadBalancers.lookAgainAt(event.address);
    };
    this.belongings = new Belongings(id, around);
    const told = Object.defineProperty({ ...around, tell }, 'pace', { get: () => around.pace });
    this.compute = new Compute(id, told, this.belongings);
    this.pools = new Pools(id, around, this.belongings, identity.hasService(id, 'rackconnect'));
    this.loadBalancers = new LoadBalancers(id, around, (address) => this.compute.answersAt(address));
  }

  /** How fast the cloud is now. */
  get pace(): Pace {
    return this.#around.pace;
  }

  /** Nothing is there any more, and nothing is to happen. */
  clear(): void {
    this.compute.restore({ made: 0, servers: [], departed: [], addresses: { taken: 0, free: [] }, quota: {} });
    this.loadBalancers.restore({ made: 0, records: [] });
  }

  snapshot(): TenantSnapshot {
    const { id, compute, loadBalancers, pools, belongings, feeds } = this;
    return {
      id,
      compute: compute.snapshot(),
      loadBalancers: loadBalancers.snapshot(),
      pools: pools.snapshot(),
      belongings: belongings.snapshot(),
      feeds: feeds.snapshot(),
    };
  }
  restore({ compute, loadBalancers, pools, belongings, feeds }: TenantSnapshot): void {
    this.belongings.restore(belongings);
    this.compute.restore(compute);
    this.loadBalancers.restore(loadBalancers);
    this.pools.restore(pools);
    this.feeds.restore(feeds);
  }
}

export interface TenantSnapshot {
  readonly id: TenantId;
  readonly compute: ComputeSnapshot;
  readonly loadBalancers: LoadBalancersSnapshot;
  readonly pools: PoolsSnapshot;
  readonly belongings: BelongingsSnapshot;
  readonly feeds: FeedsSnapshot;
}
