import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { WritePermit } from '../guards/write-permit.ts';
import type { GroupEvent } from '../model/events.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { LoadBalancerStep, WritingStep } from '../planner/steps.ts';
import type { Clock, Decision, Log, Metrics, Random } from '../ports.ts';
import type { StepResult } from './executing.ts';
import type { Listing } from './listing.ts';

/** What a pass needs of the engine around it. */
export interface PassPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Bytes for create tokens, that nobody can guess. */
  secretBytes(count: number): Uint8Array;
  readonly options: Options;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly cloud: TenantCloud;
  readGroup(): Promise<ScalingGroup | undefined>;
  /** Commits under the ownership of the tenant. */
  commit<T>(change: (group: ScalingGroup) => Decision<T>): Promise<T>;
  /** A listing for this group that began after its last write; `again`: after now. */
  observe(group: ScalingGroup, again: boolean): Promise<Listing>;
  /** Whether servers of the tenant have left, or were leaving, not longer ago than `createVisibility`: what they took is free soon. */
  leftLately(): boolean;
  /** Asks the store how many servers the tenant may create now, and when it may create more; undefined = any number. */
  createsLeft(): Promise<{ readonly count: number; readonly until: EpochMs } | undefined>;
  /** The pass ends with what it observed, not for want of it. */
  served(): void;
  /** Runs a write when it is its turn. */
  inTurn<T>(step: WritingStep, write: () => Promise<T>): Promise<T>;
  /** Runs what is done while writes wait for load balancers: the pass keeps no other from its slot meanwhile. */
  whileWaiting<T>(work: () => Promise<T>): Promise<T>;
  /** Sends a call through the load balancer's one writer, perhaps together with other groups'. */
  writeLoadBalancer(step: LoadBalancerStep, permit: WritePermit): Promise<StepResult>;
  /** Whether nobody asked this pass to stop, and the right to run its tenant's groups is good. Answers at once. */
  readonly goesOn: () => boolean;
  /** Asks the store whether the group may be written to the cloud for: it exists, and is neither paused nor suspended, or is deleting. */
  readonly mayConverge: () => Promise<boolean>;
  /** The pass wrote to the cloud: older observations no longer serve it. */
  wrote(): void;
  emit(event: GroupEvent): void;
  enter(phase: 'planning' | 'executing'): void;
}
