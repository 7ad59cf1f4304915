/**
 * One writer per load balancer, across all groups of the tenant: every write locks a load balancer for seconds, and overlapping writes
 * can break it for minutes (spec/providers.md, 4.8). What groups want of one load balancer while it is written to, or locked, is
 * gathered and sent as one call when it is free again, so that many groups on it take one lock, not one each.
 */
import { firstValueFrom } from 'rxjs';
import { executeStep, type StepResult, toldToStop, unsent } from '../convergence/executing.ts';
import type { LoadBalancerStep } from '../convergence/steps.ts';
import type { TenantCloud } from '../convergence/tenant-cloud.ts';
import { mergeCalls } from '../convergence/transforming.ts';
import { CloudError } from '../errors.ts';
import type { LoadBalancerId } from '../model/identifiers.ts';
import { lockedStatuses } from '../model/load-balancer.ts';
import { type EpochMs, later } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Clock } from '../ports.ts';

type WriterOptions = Pick<Options, 'bulkAdd' | 'bulkRemove' | 'lockPoll' | 'lockPatience'>;

/** What one pass wants of a load balancer. */
interface Wanted {
  readonly step: LoadBalancerStep;
  /** Asked immediately before the call: whether the pass may still write. */
  readonly mayWrite: () => Promise<boolean>;
  readonly resolve: (result: StepResult) => void;
  readonly reject: (error: unknown) => void;
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

  /** Sends the step, alone or with others', when it is its turn. Rejects only as `mayWrite` does, with whose pass nobody else has to do. */
  write(step: LoadBalancerStep, mayWrite: () => Promise<boolean>): Promise<StepResult> {
    return new Promise((resolve, reject) => {
      const wanted: Wanted = { step, mayWrite, resolve, reject, alone: false };
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

  /** Works a queue off; a load balancer that stays locked for too long sends everybody away to try again later. */
  async #work(id: LoadBalancerId, queue: Wanted[]): Promise<void> {
    while (queue.length > 0) {
      const batch = takeBatch(queue, this.#options);
      const locked = await this.#send(batch, queue);
      if (!locked || queue.length === 0) continue;
      if (await this.#untilFree(id)) continue;
      for (const { resolve } of queue.splice(0)) resolve(stillLocked);
    }
    this.#queues.delete(id);
  }

  /** Sends a batch as one call; whether the load balancer is locked from now on. */
  async #send(batch: readonly Wanted[], queue: Wanted[]): Promise<boolean> {
    const permitted: Wanted[] = [];
    for (const wanted of batch) {
      try {
        if (await wanted.mayWrite()) permitted.push(wanted);
        else wanted.resolve(toldToStop);
      } catch (error) {
        wanted.reject(error);
      }
    }
    if (permitted.length === 0) return false;
    const result = await executeStep(mergeCalls(permitted.map(({ step }) => step)), this.#cloud);
    if (result.effect === 'refused' && permitted.length > 1) {
      for (const wanted of permitted) wanted.alone = true;
      queue.unshift(...permitted);
      return result.locked === true;
    }
    for (const { resolve } of permitted) resolve(result);
    return result.effect !== 'refused' || result.locked === true;
  }

  /** Looks at the load balancer until it takes writes again; false when that takes longer than `lockPatience`. */
  async #untilFree(id: LoadBalancerId): Promise<boolean> {
    const until: EpochMs = later(this.#clock.now(), this.#options.lockPatience);
    while (this.#clock.now() < until) {
      await firstValueFrom(this.#clock.after(this.#options.lockPoll));
      try {
        const found = await this.#cloud.getLoadBalancer(id);
        if (found === undefined || !lockedStatuses.has(found.status)) return true;
      } catch (error) {
        if (!(error instanceof CloudError)) throw error; // a look that fails is no look: the patience bounds how often
      }
    }
    return false;
  }
}

const stillLocked: StepResult = { ...unsent('the load balancer is locked'), fault: true };

/** Takes from the queue what goes into one call: removals before additions before a change, in the order of asking. */
function takeBatch(queue: Wanted[], { bulkAdd, bulkRemove }: WriterOptions): readonly Wanted[] {
  const kind = (['remove-nodes', 'add-nodes', 'change-node'] as const).find((one) => queue.some(({ step }) => step.kind === one));
  const candidates = queue.filter(({ step }) => step.kind === kind);
  const [leader] = candidates;
  if (leader === undefined) return [];
  const batch: Wanted[] = [leader];
  let room = roomAfter(kind === 'add-nodes' ? bulkAdd : bulkRemove, leader);
  for (const wanted of leader.alone || kind === 'change-node' ? [] : candidates.slice(1)) {
    if (wanted.alone || roomAfter(room, wanted) < 0) continue;
    room = roomAfter(room, wanted);
    batch.push(wanted);
  }
  const taken = new Set(batch);
  queue.splice(0, queue.length, ...queue.filter((wanted) => !taken.has(wanted)));
  return batch;
}

/** The room that is left after a step's nodes. */
const roomAfter = (room: number, { step }: Wanted): number =>
  room - (step.kind === 'add-nodes' ? step.nodes.length : step.kind === 'remove-nodes' ? step.nodeIds.length : 1);
