import { type Clock, type DurationMs, type EpochMs, epochMs, later, seconds } from '@lutra/core';
import { Observable } from 'rxjs';
import { Timers } from './timers.ts';

/** Where virtual time starts unless told otherwise: 2026-01-01T00:00:00Z. */
export const virtualStart: EpochMs = epochMs(1_767_225_600_000);

/** Registers calls that somebody awaits, so that a run which can never go on says which ones it hangs on. */
export interface CallGuard {
  /** A call of this name is in flight until the answer is called. */
  pending(name: string): () => void;
}

/**
 * Time that moves only when told to. It steps from due timer to due timer, in the total order (instant, order of
 * arming), and after each one lets every promise settle (one `setImmediate`, behind which no microtask is left)
 * before the next: promises are as deterministic as timers. Whoever runs on it may await nothing but
 * microtasks and this clock; a guard names the calls that do.
 */
export class VirtualClock implements Clock, CallGuard {
  readonly #timers = new Timers();
  readonly #inFlight = new Map<string, number>();
  #now: EpochMs;
  #running = false;

  constructor(start: EpochMs = virtualStart) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now;
  }

  /** Cold: each subscription arms a timer of its own; unsubscribing takes it away at once. A negative delay counts as none. What a subscriber throws ends the process unless `errorCatchingClock` wraps the clock. */
  after(delay: DurationMs): Observable<void> {
    return new Observable((subscriber) =>
      this.#timers.arm(this.#now + Math.max(0, delay), () => {
        subscriber.next();
        subscriber.complete();
      }),
    );
  }

  /** Timers that are armed. */
  get size(): number {
    return this.#timers.size;
  }

  /** When the next timer fires; undefined when none is armed. */
  get nextAt(): EpochMs | undefined {
    const at = this.#timers.nextAt;
    return at === undefined ? undefined : epochMs(at);
  }

  pending(name: string): () => void {
    this.#inFlight.set(name, (this.#inFlight.get(name) ?? 0) + 1);
    let settled = false;
    return () => {
      if (settled) return;
      settled = true;
      const left = (this.#inFlight.get(name) ?? 0) - 1;
      if (left > 0) this.#inFlight.set(name, left);
      else this.#inFlight.delete(name);
    };
  }

  /** Names of the calls in flight, in the order of their first start. */
  get callsInFlight(): readonly string[] {
    return [...this.#inFlight].map(([name, count]) => (count === 1 ? name : `${name} (${count} times)`));
  }

  /** Fires everything that is due up to and at `instant`, which is then now. Rejects when no timer is left while a call is in flight. */
  async runUntil(instant: EpochMs): Promise<void> {
    await this.#alone(() => this.#fireFirst(instant));
    this.#refuseToHang();
    if (instant > this.#now) this.#now = instant;
  }

  /** Runs until `promise` settles, and answers what it answers. Rejects when that cannot happen, or not within `limit` (virtual, default one hour). */
  async runUntilSettled<T>(promise: Promise<T>, limit: DurationMs = seconds(3600)): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    const last = later(this.#now, limit);
    await this.#alone(() => !settled && this.#fireFirst(last));
    if (settled) return promise;
    this.#refuseToHang();
    throw new Error(`What is awaited did not settle within ${limit} ms of virtual time.`);
  }

  #fireFirst(notAfter: EpochMs): boolean {
    const timer = this.#timers.takeFirst(notAfter);
    if (timer === undefined) return false;
    this.#now = epochMs(timer.at);
    timer.fire();
    return true;
  }

  #refuseToHang(): void {
    if (this.#timers.size > 0 || this.#inFlight.size === 0) return;
    throw new Error(`No timer is left, and these calls can never settle: ${this.callsInFlight.join(', ')}`);
  }

  async #alone(step: () => boolean): Promise<void> {
    if (this.#running) throw new Error('This clock is being run already.');
    this.#running = true;
    try {
      await stepwise(step);
    } finally {
      this.#running = false;
    }
  }
}

/** Takes steps until one answers false, each in a turn of the event loop of its own: every microtask has run out before the next. */
async function stepwise(step: () => boolean): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (step());
}
