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

  override subscribe(observer?: Partial<Observer<void>> | ((value: undefined) => void) | null): Subscription {
    if (typeof observer === 'function') return new Alarm(this.#timers, this.#due(), observer as () => void);
    const general = new Observable<void>((subscriber) =>
      this.subscribe(() => {
        subscriber.next();
        subscriber.complete();
      }),
    );
    return general.subscribe(observer ?? {});
  }
}

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

  fire(): void {
    this.#happen();
    super.unsubscribe();
  }

  override unsubscribe(): void {
    this.#timers.remove(this);
    super.unsubscribe();
  }
}
