import { firstValueFrom } from 'rxjs';
import { between, type DurationMs, type EpochMs, milliseconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';

/** What was read, and when the reading began. */
export interface Answer<T> {
  readonly value: T;
  /** Rises with every reading begun: whoever wrote before it began sees what he wrote. */
  readonly sequence: number;
  /** On our clock. */
  readonly begunAt: EpochMs;
}

/** Numbers readings in the order in which they begin, across everything of a tenant that is read. */
export class ReadCounter {
  #begun = 0;
  /** A mark: readings with a greater sequence began after now. */
  get mark(): number {
    return this.#begun;
  }
  next(): number {
    this.#begun += 1;
    return this.#begun;
  }
}

export interface SharedReadOptions<T> {
  readonly clock: Clock;
  readonly counter: ReadCounter;
  /** A reading that began longer ago serves nobody. */
  readonly maxAge: DurationMs;
  /** Least time between the beginnings of two readings, given what the last one read. */
  readonly spacing?: (value: T) => DurationMs;
}

interface Flight<T> {
  /** Infinite until it begins: up to then it is late enough for everybody. */
  sequence: number;
  result: Promise<Answer<T>>;
}

/**
 * One read of the cloud, shared. Whoever asks names the mark after which he wrote last; he shares any reading that began later, be it
 * done (and young), under way, or next. At most one is under way and at most one waits behind it.
 */
export class SharedRead<T> {
  readonly #read: () => Promise<T>;
  readonly #options: SharedReadOptions<T>;
  #latest: Answer<T> | undefined;
  #current: Flight<T> | undefined;
  #next: Flight<T> | undefined;

  constructor(read: () => Promise<T>, options: SharedReadOptions<T>) {
    this.#read = read;
    this.#options = options;
  }

  /** What was last read, however long ago. */
  get latest(): T | undefined {
    return this.#latest?.value;
  }

  /** Whether nothing is being read, and whatever was read began before the mark. */
  isOlderThan(mark: number): boolean {
    return this.#current === undefined && (this.#latest === undefined || this.#latest.sequence < mark);
  }

  /** A reading with a sequence greater than `after`. Rejects as the read does. */
  read(after: number): Promise<Answer<T>> {
    const latest = this.#latest;
    if (latest !== undefined && latest.sequence > after && between(latest.begunAt, this.#options.clock.now()) <= this.#options.maxAge) {
      return Promise.resolve(latest);
    }
    if (this.#current === undefined) return this.#begin().result;
    if (this.#current.sequence > after) return this.#current.result;
    this.#next ??= this.#follow(this.#current);
    return this.#next.result;
  }

  #begin(): Flight<T> {
    const flight: Flight<T> = { sequence: Number.POSITIVE_INFINITY, result: this.#spacing(() => this.#reading(flight)) };
    this.#current = flight;
    const landed = (): void => {
      if (this.#current === flight) this.#current = undefined;
    };
    flight.result.then((reading) => {
      this.#latest = reading;
      landed();
    }, landed);
    return flight;
  }

  /** Begins in this turn's microtasks, or as soon as the spacing allows. */
  #spacing(begin: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const { clock, spacing } = this.#options;
    const latest = this.#latest;
    const wait = latest === undefined || spacing === undefined ? 0 : spacing(latest.value) - between(latest.begunAt, clock.now());
    return (wait <= 0 ? Promise.resolve() : firstValueFrom(clock.after(milliseconds(wait)))).then(begin);
  }

  async #reading(flight: Flight<T>): Promise<Answer<T>> {
    const sequence = this.#options.counter.next();
    flight.sequence = sequence;
    const begunAt = this.#options.clock.now();
    return { value: await this.#read(), sequence, begunAt };
  }

  /** The one that begins as soon as `current` has ended, however it ends. */
  #follow(current: Flight<T>): Flight<T> {
    const begin = (): Promise<Answer<T>> => {
      this.#next = undefined;
      return this.#begin().result;
    };
    return { sequence: Number.POSITIVE_INFINITY, result: current.result.then(begin, begin) };
  }
}
