import { type CallOptions, CloudError, type EpochMs, later, milliseconds, type TenantId, type WriteOptions } from '@lutra/core';
import { received } from './received.ts';
import type { CallGuard } from './virtual-clock.ts';
import type { Answer, OperationName, ParamsOf, ValueOf } from './world/calls.ts';
import type { World } from './world/world.ts';

/** Calls a world as a client does: waits no longer than its signal allows, and turns everything but an answer into a CloudError. */
export class Caller {
  readonly world: World;
  readonly #guard: CallGuard | undefined;

  /** `guard` is told of every call in flight. */
  constructor(world: World, guard: CallGuard | undefined) {
    this.world = world;
    this.#guard = guard;
  }

  /**
   * What the cloud answers, a refusal too. Rejects when `mayStart` says no (as `whenNot`: `not-repeated` after another attempt), and when
   * the signal aborts. The cloud then goes on: it does not know that nobody listens any more.
   */
  ask<N extends OperationName>(
    op: N,
    tenantId: TenantId,
    params: ParamsOf<N>,
    { signal, mayStart, passes }: CallOptions & Partial<WriteOptions>,
    whenNot: 'not-started' | 'not-repeated' = 'not-started',
  ): Promise<Answer<ValueOf<N>>> {
    const settled = this.#guard?.pending(`${op} of tenant ${tenantId}`) ?? ((): void => {});
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        settled();
        reject(new CloudError('timeout', `${op}: given up while waiting for an answer`, { cause: signal.reason }));
      };
      if (signal.aborted) {
        giveUp();
        return;
      }
      if (mayStart?.() === false) {
        settled();
        reject(new CloudError(whenNot, `${op}: not sent, for it may not start`));
        return;
      }
      signal.addEventListener('abort', giveUp, { once: true });
      const come = (answer: Answer<ValueOf<N>>): void => {
        signal.removeEventListener('abort', giveUp);
        settled();
        resolve(received(answer));
      };
      void this.world.call(op, tenantId, params, undefined, undefined, passes).then((answer) => {
        const { stallsAt, stallsFor } = answer.wire ?? {};
        if (stallsAt === undefined) come(answer);
        else if (stallsFor !== undefined) this.world.after(stallsFor).subscribe(() => come(answer));
      });
    });
  }

  /** What the cloud answers; a refusal is an error. */
  async call<N extends OperationName>(
    op: N,
    tenantId: TenantId,
    params: ParamsOf<N>,
    options: CallOptions & Partial<WriteOptions>,
  ): Promise<ValueOf<N>> {
    const answer = await this.ask(op, tenantId, params, options);
    return answer.kind === 'done' ? answer.value : raise(op, answer);
  }

  /** Like `call`, with the time that the service says it is. */
  async dated<N extends OperationName>(
    op: N,
    tenantId: TenantId,
    params: ParamsOf<N>,
    options: CallOptions,
  ): Promise<{ readonly value: ValueOf<N>; readonly cloudNow: EpochMs }> {
    const answer = await this.ask(op, tenantId, params, options);
    if (answer.kind !== 'done') return raise(op, answer);
    return { value: answer.value, cloudNow: later(this.world.now(), answer.wire?.ahead ?? milliseconds(0)) };
  }

  /** Like `call`, but undefined for a refusal with this status, or of one of these kinds. */
  async callUnless<N extends OperationName>(
    refused: readonly (number | string)[],
    op: N,
    tenantId: TenantId,
    params: ParamsOf<N>,
    options: CallOptions & Partial<WriteOptions>,
  ): Promise<ValueOf<N> | undefined> {
    const answer = await this.ask(op, tenantId, params, options);
    if (answer.kind === 'done') return answer.value;
    const expected = answer.kind === 'refused' && (refused.includes(answer.refusal.kind) || refused.includes(answer.refusal.status));
    return expected ? undefined : raise(op, answer);
  }
}

/** Throws what an answer that is none means to a client. */
export function raise(op: OperationName, answer: Exclude<Answer<never>, { kind: 'done' }>): never {
  if (answer.kind === 'lost') throw new CloudError('answer-lost', `${op}: the connection was reset before an answer came`);
  const { kind, status, message, tenantMessage, retryAfter, foreign } = answer.refusal;
  const isReason = status >= 400 && status < 500 && foreign !== true;
  const options = { tenantMessage, cloudReason: isReason ? message : '', ...(retryAfter === undefined ? {} : { retryAfter }) };
  throw new CloudError(kind, `${op}: ${status === 0 ? '' : `${status} `}${message}`, options);
}

/** Several calls as one: when one of them fails, the others are given up. */
export async function together<T>({ signal }: CallOptions, work: (options: CallOptions) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const giveUp = (): void => controller.abort(signal.reason);
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await work({ signal: controller.signal });
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
