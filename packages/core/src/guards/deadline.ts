import type { Subscription } from 'rxjs';
import type { DurationMs } from '../model/time.ts';
import type { Clock } from '../ports.ts';

/** How long work may take once it has begun. Work that is overdue goes on unheard: what it must not do any more, it has to ask. */
export class Deadline {
  readonly #clock: Clock;
  readonly #within: DurationMs;
  #overdue: (error: Error) => void = () => {};
  #timer: Subscription | undefined;

  constructor(clock: Clock, within: DurationMs) {
    this.#clock = clock;
    this.#within = within;
  }

  /** The time runs from now. */
  begin(): void {
    this.#timer = this.#clock.after(this.#within).subscribe(() => this.#overdue(new Error(`not over within ${this.#within} ms`)));
  }

  /** What `work` comes to, or an error when it is overdue. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#overdue = reject;
      const over = (): void => this.#timer?.unsubscribe();
      work.then(over, over);
      work.then(resolve, reject);
    });
  }
}
