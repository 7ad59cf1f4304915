import type { GroupEvent } from '../model/events.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { Options } from '../options.ts';
import type { Clock, Cloud, Log, Metrics, Random, Store } from '../ports.ts';
import type { CloudAccess } from './cloud-access.ts';
import type { FairSlots } from './fair-slots.ts';

/** What all tenants of a host share. */
export interface EngineHost {
  readonly cloud: Cloud;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly options: Options;
  /** For the writes of passes. Tenants take turns, so that a busy one delays no other. */
  readonly passSlots: FairSlots<TenantId>;
  /** How the cloud is called for a tenant, by whatever engine runs it. */
  accessOf(tenantId: TenantId): CloudAccess;
  emit(event: GroupEvent): void;
}
