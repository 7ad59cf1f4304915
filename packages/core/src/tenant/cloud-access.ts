/**
 * How a host calls the cloud for its tenants. It is kept over the ownerships and lives of the host: the cloud asks the host to stay away,
 * whatever its life, and a load balancer that two writers write to at once can break.
 */
import { bindCloud, type CallWrapper, type TenantCloud } from '../guards/tenant-cloud.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { Options } from '../options.ts';
import type { Clock, Cloud } from '../ports.ts';
import { CallBudgets } from './call-budgets.ts';
import { LoadBalancerWriter } from './load-balancer-writer.ts';

/** The cloud of one tenant, with its budgets, and the one writer of its load balancers. */
export interface CloudAccess {
  readonly cloud: TenantCloud;
  readonly writer: LoadBalancerWriter;
}
interface Kept extends CloudAccess {
  readonly budgets: CallBudgets;
}

/** What calls go through. */
export interface AccessPorts {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly options: Options;
  /** Calls of a tenant that go through `wrapper`, counted. */
  counted(tenantId: TenantId, wrapper: CallWrapper): CallWrapper;
}

export class CloudAccesses {
  readonly #ports: AccessPorts;
  readonly #kept = new Map<TenantId, Kept>();

  constructor(ports: AccessPorts) {
    this.#ports = ports;
  }

  /** Tenants whose access is kept. */
  get size(): number {
    return this.#kept.size;
  }

  /** The same for a tenant, until it is forgotten. */
  of(tenantId: TenantId): CloudAccess {
    const known = this.#kept.get(tenantId);
    if (known !== undefined) return known;
    const { cloud, clock, options, counted } = this.#ports;
    const budgets = new CallBudgets(clock, options.callsInFlight, options.retryAfterMost);
    const deadlines = { call: options.callDeadline, listing: options.passDeadline };
    const bound = bindCloud(cloud, tenantId, clock, deadlines, counted(tenantId, budgets));
    const made: Kept = { cloud: bound, writer: new LoadBalancerWriter(bound, clock, options), budgets };
    this.#kept.set(tenantId, made);
    return made;
  }

  /** Forgets those that nothing uses and that the cloud has not asked to stay away, so that there are no more of them than tenants of the host. */
  forgetUnused(isUsed: (tenantId: TenantId) => boolean): void {
    for (const [tenantId, { budgets }] of this.#kept) if (!isUsed(tenantId) && !budgets.isClosed) this.#kept.delete(tenantId);
  }
}
