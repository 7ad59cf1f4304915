import { Observable, type Observer, Subscription } from 'rxjs';
import type { Timer, TimerHeap } from './timer-heap.ts';

/**
 * Emits once when time has come, then completes. Nearly every timer is subscribed to with a function, which then costs one object, the
 * timer and its subscription in one: RxJS makes eight of an observer, and a pass arms ten timers.
 */
export class Delay extends Observable<void> {
  readonly #timers: TimerHeap;
  readonly #due: () => number;

  /** `due`: the instant for which a timer is armed now. */
  constructor(timers: TimerHeap, due: () => number) {
    super();
    this.#timers = timers;
    this.#due = due;
  }

  override subscribe(
    observer?: Partial<Observer<void>> | ((value: undefined) => void) | null,
    _error?: unknown,
    complete?: (() => void) | null,
  ): Subscription {
    if (typeof observer === 'object' && observer !== null) return this.#observable().subscribe(observer);
    const happen = (observer ?? nothing) as () => void;
    if (!complete) return new Alarm(this.#timers, this.#due(), happen);
    return this.#observable().subscribe({ next: happen, complete });
  }

  #observable(): Observable<void> {
    return new Observable((subscriber) =>
      this.subscribe(() => {
        subscriber.next();
        subscriber.complete();
      }),
    );
  }
}

const nothing = (): void => {};

/** A timer that is armed; unsubscribing takes it away. */
class Alarm extends Subscription implements Timer {
  readonly at: number;
  slot = -1;
  readonly #timers: TimerHeap;
  readonly #happen: () => void;

  constructor(timers: TimerHeap, at: number, happen: () => void) {
    super();
    this.at = at;
    this.#timers = timers;
    this.#happen = happen;
    timers.add(this);
  }

  /** What is thrown meets whoever runs the clock. */
  fire(): void {
    try {
      this.#happen();
    } finally {
      super.unsubscribe();
    }
  }

  override unsubscribe(): void {
    this.#timers.remove(this);
    super.unsubscribe();
  }
}
