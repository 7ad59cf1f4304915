import type { Clock, DurationMs } from '@lutra/core';
import { Observable, type Observer, type Subscription } from 'rxjs';

/**
 * The same clock, but what a function throws when its timer fires is told to `failed` and goes no further. RxJS would report it as an
 * uncaught error, which ends the process: a cloud that serves others must not end, and a run must end with that error as its own.
 */
export const errorCatchingClock = (clock: Clock, failed: (error: unknown) => void): Clock => ({
  now: () => clock.now(),
  after: (delay) => new ErrorCatchingDelay(clock, delay, failed),
});

class ErrorCatchingDelay extends Observable<void> {
  readonly #clock: Clock;
  readonly #delay: DurationMs;
  readonly #failed: (error: unknown) => void;

  constructor(clock: Clock, delay: DurationMs, failed: (error: unknown) => void) {
    super();
    this.#clock = clock;
    this.#delay = delay;
    this.#failed = failed;
  }

  override subscribe(observer?: Partial<Observer<void>> | ((value: undefined) => void) | null): Subscription {
    if (typeof observer !== 'function') return this.#clock.after(this.#delay).subscribe(observer ?? {});
    return this.#clock.after(this.#delay).subscribe(() => {
      try {
        observer(undefined);
      } catch (error) {
        this.#failed(error);
      }
    });
  }
}
