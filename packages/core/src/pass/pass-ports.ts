import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { GroupEvent } from '../model/events.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Decision, Log, Metrics, Random } from '../ports.ts';
import type { ViewPorts } from './observing.ts';
import type { WritePorts } from './writing.ts';

/** What a pass needs of the engine around it: what its parts need, and the store. */
export interface PassPorts extends ViewPorts, WritePorts {
  readonly random: Random;
  readonly options: Options;
  readonly cloud: TenantCloud;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Bytes for create tokens, that nobody can guess. */
  secretBytes(count: number): Uint8Array;
  readGroup(): Promise<ScalingGroup | undefined>;
  /** Commits under the ownership of the tenant. `creates-over-limit`: nothing was committed, for that many creates are not left. */
  commit<T>(change: (group: ScalingGroup) => Decision<T>): Promise<T>;
  /** Whether servers of the tenant have left, or were leaving, not longer ago than `createVisibility`: what they took is free soon. */
  leftLately(): boolean;
  /** Asks the store how many servers the tenant may create now, and when it may create more; undefined = any number. */
  createsLeft(): Promise<{ readonly count: number; readonly until: EpochMs } | undefined>;
  /** The pass ends with what it observed, not for want of it. */
  served(): void;
  emit(event: GroupEvent): void;
  enter(phase: 'planning' | 'executing'): void;
}
