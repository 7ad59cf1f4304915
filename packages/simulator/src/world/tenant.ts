import type { TenantId } from '@lutra/core';
import { Compute } from './compute.ts';
import { LoadBalancers } from './load-balancers.ts';
import { Pools } from './pools.ts';
import type { Surroundings } from './surroundings.ts';
import type { WorldEvent } from './world-event.ts';

/** Everything that one tenant has in the simulated cloud, as it truly is. */
export class Tenant {
  readonly id: TenantId;
  readonly compute: Compute;
  readonly loadBalancers: LoadBalancers;
  readonly pools = new Pools();

  constructor(id: TenantId, around: Surroundings) {
    this.id = id;
    const tell = (event: WorldEvent): void => {
      around.tell(event);
      if (event.kind === 'server-changed') this.loadBalancers.lookAgainAt(event.address);
    };
    this.compute = new Compute(id, { ...around, tell });
    this.loadBalancers = new LoadBalancers(id, around, (address) => this.compute.answersAt(address));
  }
}
