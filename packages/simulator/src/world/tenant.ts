import type { TenantId } from '@lutra/core';
import { Compute } from './compute.ts';
import { LoadBalancers } from './load-balancers.ts';
import { Pools } from './pools.ts';
import type { Surroundings } from './surroundings.ts';

/** Everything that one tenant has in the simulated cloud, as it truly is. */
export class Tenant {
  readonly id: TenantId;
  readonly compute: Compute;
  readonly loadBalancers: LoadBalancers;
  readonly pools = new Pools();

  constructor(id: TenantId, around: Surroundings) {
    this.id = id;
    this.compute = new Compute(id, around);
    this.loadBalancers = new LoadBalancers(id, around);
  }
}
