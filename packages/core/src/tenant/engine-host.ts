import type { GroupEvent } from '../model/events.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { Options } from '../options.ts';
import type { Clock, Cloud, Log, Metrics, Random, Store } from '../ports.ts';
import type { BoundMachine } from './bound-machine.ts';

/** The slots of a host for passes. Tenants take turns, so that a busy one delays no other. */
export interface PassSlots {
  /** Runs `work` when a slot is free for the tenant. */
  use<T>(tenantId: TenantId, work: () => Promise<T>): Promise<T>;
  /** Gives the slot back while `wait` is under way: for work that only waits for others. */
  outside<T>(tenantId: TenantId, wait: () => Promise<T>): Promise<T>;
}

/** What all tenants of a host share. */
export interface EngineHost {
  readonly cloud: Cloud;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly options: Options;
  /** Names this host's incarnation in leases. */
  readonly owner: string;
  readonly passSlots: PassSlots;
  /** What the actors of groups are made of. */
  readonly machine: BoundMachine;
  emit(event: GroupEvent): void;
}
