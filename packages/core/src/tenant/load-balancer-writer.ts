/**
 * One writer per load balancer, across all groups of the tenant: every write locks a load balancer for seconds, and overlapping writes
 * can break it for minutes (spec/providers.md, 4.8). What groups want of one load balancer while it is written to, or locked, is
 * gathered and sent as one call when it is free again, so that many groups on it take one lock, not one each.
 */
import { firstValueFrom } from 'rxjs';
import { CloudError } from '../errors.ts';
import type { Permit, TenantCloud } from '../guards/tenant-cloud.ts';
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
  /** Asked immediately before the call: whether the pass may still write. */
  readonly mayWrite: Permit;
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
   * Sends the step, alone or with others', when it is its turn; unsent when that has not come within `lockPatience`. Rejects only as
   * `mayWrite` does, with whose pass nobody else has to do.
   */
  write(step: LoadBalancerStep, mayWrite: Permit): Promise<StepResult> {
    return new Promise((resolve, reject) => {
      const until = later(this.#clock.now(), this.#options.lockPatience);
      const wanted: Wanted = { step, mayWrite, resolve, reject, until, alone: false };
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

  /** Works a queue off; whoever has waited for too long is sent away to try again later. Never rejects: a mistake of ours meets those who wait. */
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
    for (const { resolve } of queue.filter(({ until }) => until <= now)) resolve(stillLocked);
    queue.splice(0, queue.length, ...queue.filter(({ until }) => until > now));
  }

  /** Sends a batch as one call, for those who may still write when its turn has come; whether the load balancer is locked from now on. */
  async #send(batch: readonly Wanted[], queue: Wanted[]): Promise<boolean> {
    const refused = new Set<Wanted>();
    const allMayWrite = async (): Promise<boolean> => {
      for (const wanted of batch) {
        try {
          if (await wanted.mayWrite()) continue;
          wanted.resolve(toldToStop);
        } catch (error) {
          wanted.reject(error);
        }
        refused.add(wanted);
      }
      return refused.size === 0;
    };
    const result = await executeStep(mergeCalls(batch.map(({ step }) => step)), this.#cloud, allMayWrite);
    if (result === toldToStop) {
      queue.unshift(...batch.filter((wanted) => !refused.has(wanted)));
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
