import { Observable } from 'rxjs';
import { type DurationMs, type EpochMs, epochMs } from '../model/time.ts';
import type { Clock } from '../ports.ts';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** A clock for unit tests: time stands still until the test lets some of it pass. */
export class HandClock implements Clock {
  #now = 0;
  /** In the order of arming. */
  #timers: readonly Timer[] = [];

  now(): EpochMs {
    return epochMs(this.#now);
  }

  after(delay: DurationMs): Observable<void> {
    return new Observable<void>((subscriber) => {
      const fire = (): void => {
        subscriber.next();
        subscriber.complete();
      };
      const timer: Timer = { at: this.#now + Math.max(0, delay), fire };
      this.#timers = [...this.#timers, timer];
      return () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
      };
    });
  }

  /** Timers that somebody waits for. */
  get armed(): number {
    return this.#timers.length;
  }

  /** Lets so many milliseconds pass: what becomes due fires in the order of its time, then of its arming, and promises settle after each. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (;;) {
      await settled();
      const [next] = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#now = next.at;
      next.fire();
    }
    this.#now = until;
  }
}

/** Lets promises settle that wait for nothing but each other, a hundred deep. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
}
