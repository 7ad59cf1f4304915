import type { TenantId } from '@lutra/core';
import type { Identity } from '../identity/identity.ts';
import { Belongings } from './belongings.ts';
import { Compute } from './compute.ts';
import { LoadBalancers } from './load-balancers.ts';
import { Pools } from './pools.ts';
import type { Surroundings } from './surroundings.ts';
import type { WorldEvent } from './world-event.ts';

/** Everything that one tenant has in the simulated cloud, as it truly is. */
export class Tenant {
  readonly id: TenantId;
  readonly belongings: Belongings;
  readonly compute: Compute;
  readonly loadBalancers: LoadBalancers;
  readonly pools = new Pools();
  /** Who there is in the whole cloud. */
  readonly identity: Identity;

  constructor(id: TenantId, around: Surroundings, identity: Identity) {
    this.id = id;
    this.identity = identity;
    const tell = (event: WorldEvent): void => {
      around.tell(event);
      if (event.kind === 'server-changed') this.loadBalancers.lookAgainAt(event.address);
    };
    this.belongings = new Belongings(id, around);
    const told = Object.defineProperty({ ...around, tell }, 'pace', { get: () => around.pace });
    this.compute = new Compute(id, told, this.belongings);
    this.loadBalancers = new LoadBalancers(id, around, (address) => this.compute.answersAt(address));
  }
}
