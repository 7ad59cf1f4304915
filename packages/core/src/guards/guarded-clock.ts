import { Observable, type Observer, Subscription } from 'rxjs';
import type { DurationMs, EpochMs } from '../model/time.ts';
import type { Clock } from '../ports.ts';

/**
 * A clock that keeps what the port promises, whatever the one that was given does. Time never goes back, nor is it anything but a number:
 * the last good reading stands. A wait that fails, or ends without having come, is waited for on `spare` instead. `complain` is told why.
 */
export function guardedClock(clock: Clock, spare: Clock, complain: (error: unknown) => void): Clock {
  let told: EpochMs | undefined;
  const now = (): EpochMs => {
    try {
      const read: unknown = clock.now();
      if (typeof read !== 'number' || !Number.isFinite(read)) throw new TypeError('the clock read no time');
      if (told === undefined || read > told) told = read as EpochMs;
    } catch (error) {
      complain(error);
      told ??= spare.now();
    }
    return told;
  };
  return { now, after: (delay) => new GuardedDelay(clock, spare, delay, complain) };
}

/** Nearly every wait is subscribed to with a function; that is kept as cheap as the clock makes it. */
class GuardedDelay extends Observable<void> {
  readonly #clock: Clock;
  readonly #spare: Clock;
  readonly #delay: DurationMs;
  readonly #complain: (error: unknown) => void;

  constructor(clock: Clock, spare: Clock, delay: DurationMs, complain: (error: unknown) => void) {
    super();
    this.#clock = clock;
    this.#spare = spare;
    this.#delay = delay;
    this.#complain = complain;
  }

  override subscribe(
    observer?: Partial<Observer<void>> | ((value: undefined) => void) | null,
    _error?: unknown,
    complete?: (() => void) | null,
  ): Subscription {
    if (typeof observer === 'object' && observer !== null) return this.#observable().subscribe(observer);
    const happen = (observer ?? nothing) as () => void;
    if (complete) return this.#observable().subscribe({ next: happen, complete });
    const wait = new Wait(happen);
    wait.follow(
      () => this.#clock.after(this.#delay),
      (error) => {
        this.#complain(error);
        wait.follow(() => this.#spare.after(this.#delay), this.#complain);
      },
    );
    return wait;
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

/** A wait that happens once, unless it is given up before. */
class Wait extends Subscription {
  readonly #happen: () => void;
  #source: Subscription | undefined;

  constructor(happen: () => void) {
    super();
    this.#happen = happen;
  }

  /** Waits for what `ask` answers; `failed` is told when that comes to nothing. */
  follow(ask: () => Observable<void>, failed: (error: unknown) => void): void {
    let isFollowed = true;
    const broke = (error: unknown): void => {
      if (!isFollowed || this.closed) return;
      isFollowed = false;
      failed(error);
    };
    try {
      const source = ask().subscribe(() => {
        if (!isFollowed || this.closed) return;
        isFollowed = false;
        super.unsubscribe();
        this.#happen();
      }, broke);
      source.add(() => {
        if (isFollowed && !this.closed) broke(new Error('the wait ended before its time')); // an error costs more than a wait
      });
      if (isFollowed) this.#source = source;
    } catch (error) {
      broke(error);
    }
  }

  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    try {
      this.#source?.unsubscribe();
    } catch {
      // a wait that was given up is nobody's any more
    }
  }
}
