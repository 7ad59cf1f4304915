import type { TenantId } from '@lutra/core';
import type { Identity } from '../identity/identity.ts';
import { Belongings } from './belongings.ts';
import { Compute } from './compute.ts';
import { Feeds } from './feed.ts';
import { LoadBalancers } from './load-balancers.ts';
import type { Pace } from './pace.ts';
import { Pools } from './pools.ts';
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
}
