/**
 * One writer per load balancer, across all groups of the tenant: every write locks a load balancer for seconds, and overlapping writes
 * can break it for minutes (spec/providers.md, 4.8). What groups want of one load balancer while it is written to, or locked, is
 * gathered and sent as one call when it is free again, so that many groups on it take one lock, not one each.
 */
import { firstValueFrom } from 'rxjs';
import { CloudError } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { WritePermit } from '../guards/write-permit.ts';
import type { PassRef } from '../model/events.ts';
import type { LoadBalancerId } from '../model/identifiers.ts';
import { lockedStatuses } from '../model/load-balancer.ts';
import { type EpochMs, later } from '../model/time.ts';
import type { Options } from '../options.ts';
import { executeStep, type StepResult, toldToStop, unsent } from '../pass/executing.ts';
import type { LoadBalancerStep } from '../planner/steps.ts';
import { chooseCall, mergeCalls } from '../planner/transforming.ts';
import type { Clock } from '../ports.ts';

type WriterOptions = Pick<Options, 'bulkAdd' | 'bulkRemove' | 'lockPoll' | 'lockPatience'>;

/** What one pass wants of a load balancer. */
interface Wanted {
  readonly step: LoadBalancerStep;
  readonly permit: WritePermit;
  readonly resolve: (result: StepResult) => void;
  readonly reject: (error: unknown) => void;
  /** Nobody waits for longer. */
  readonly until: EpochMs;
  /** A call that it was part of was refused: it goes by itself, so that it pays for its own mistakes only. */
  alone: boolean;
}

export class LoadBalancerWriter {
  readonly #cloud: TenantCloud;
  readonly #clock: Clock;
  readonly #options: WriterOptions;
  readonly #queues = new Map<LoadBalancerId, Wanted[]>();

  constructor(cloud: TenantCloud, clock: Clock, options: WriterOptions) {
    this.#cloud = cloud;
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * Sends the step, alone or with others', when it is its turn. Unsent when that has not come within `lockPatience`, or when its permit
   * is over before. Rejects only as the permit does: that is a matter of its own pass alone.
   */
  write(step: LoadBalancerStep, permit: WritePermit): Promise<StepResult> {
    return new Promise((resolve, reject) => {
      const until = later(this.#clock.now(), this.#options.lockPatience);
      const wanted: Wanted = { step, permit, resolve, reject, until, alone: false };
      const queue = this.#queues.get(step.loadBalancerId);
      if (queue !== undefined) {
        queue.push(wanted);
        return;
      }
      const begun = [wanted];
      this.#queues.set(step.loadBalancerId, begun);
      void this.#work(step.loadBalancerId, begun);
    });
  }

  /** Works a queue off. A pass that may not write any more, or has waited for too long, is sent away. Never rejects: a mistake of ours meets those who wait. */
  async #work(id: LoadBalancerId, queue: Wanted[]): Promise<void> {
    let batch: readonly Wanted[] = [];
    try {
      for (let locked = false; queue.length > 0; ) {
        if (locked) locked = !(await this.#isFree(id));
        this.#sendAway(queue);
        if (locked || queue.length === 0) continue;
        batch = takeBatch(queue, this.#options);
        locked = await this.#send(batch, queue);
      }
    } catch (error) {
      for (const { reject } of [...batch, ...queue]) reject(error);
    }
    this.#queues.delete(id);
  }

  #sendAway(queue: Wanted[]): void {
    const now = this.#clock.now();
    const left = queue.filter(({ permit, until, resolve }) => {
      if (permit.check() === 'over') resolve(toldToStop);
      else if (until <= now) resolve(stillLocked);
      else return true;
      return false;
    });
    queue.splice(0, queue.length, ...left);
  }

  /** Sends a batch as one call; those who may still write when others of it may not go again. Whether the load balancer is locked from now on. */
  async #send(batch: readonly Wanted[], queue: Wanted[]): Promise<boolean> {
    const permit = new SharedPermit(batch);
    const result = await executeStep(mergeCalls(batch.map(({ step }) => step)), this.#cloud, permit);
    if (result === toldToStop) {
      for (const { resolve } of permit.stopped) resolve(toldToStop);
      queue.unshift(...batch.filter((wanted) => !permit.stopped.has(wanted)));
      return false;
    }
    if (result.effect === 'refused' && batch.length > 1 && (result.locked === true || result.forAll !== true)) {
      if (result.locked !== true) for (const wanted of batch) wanted.alone = true;
      queue.unshift(...batch);
    } else for (const { resolve } of batch) resolve(result);
    return result.effect !== 'refused' || result.locked === true;
  }

  /** Looks, after a while, whether the load balancer takes writes again. A look that fails is no look. */
  async #isFree(id: LoadBalancerId): Promise<boolean> {
    await firstValueFrom(this.#clock.after(this.#options.lockPoll));
    try {
      const found = await this.#cloud.getLoadBalancer(id);
      return found === undefined || !lockedStatuses.has(found.status);
    } catch (error) {
      if (error instanceof CloudError) return false;
      throw error;
    }
  }
}

/** The permit of one call for several passes: good while all of theirs are. */
class SharedPermit implements WritePermit {
  readonly #batch: readonly Wanted[];
  readonly passes: readonly PassRef[];
  /** Whose permit is over. They stay here, so that the call is not sent with them. */
  readonly stopped = new Set<Wanted>();

  constructor(batch: readonly Wanted[]) {
    this.#batch = batch;
    this.passes = batch.flatMap(({ permit }) => permit.passes ?? []);
  }

  async renew(): Promise<boolean> {
    await Promise.all(
      this.#batch.map(async (wanted) => {
        try {
          if (!(await wanted.permit.renew())) this.stopped.add(wanted);
        } catch (error) {
          wanted.reject(error);
          this.stopped.add(wanted);
        }
      }),
    );
    return this.stopped.size === 0;
  }

  check(): 'good' | 'outdated' | 'over' {
    const states = this.#batch.map((wanted) => {
      const state = wanted.permit.check();
      if (state === 'over') this.stopped.add(wanted);
      return state;
    });
    if (this.stopped.size > 0) return 'over';
    return states.includes('outdated') ? 'outdated' : 'good';
  }
}

const stillLocked: StepResult = { ...unsent('the load balancer is locked'), fault: true };

/** Takes from the queue what goes into the next call. */
function takeBatch(queue: Wanted[], options: WriterOptions): readonly Wanted[] {
  const batch = chooseCall(
    queue,
    ({ step }) => step,
    options,
    ({ alone }) => alone,
  );
  const taken = new Set(batch);
  queue.splice(0, queue.length, ...queue.filter((wanted) => !taken.has(wanted)));
  return batch;
}
