import type { GroupEvent } from '../model/events.ts';
import type { Options } from '../options.ts';
import type { Clock, Cloud, Log, Metrics, Random, Store } from '../ports.ts';
import type { BoundMachine } from './bound-machine.ts';
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
  /** Names this host's incarnation in leases. */
  readonly owner: string;
  readonly passSlots: FairSlots;
  /** What the actors of groups are made of. */
  readonly machine: BoundMachine;
  emit(event: GroupEvent): void;
}
