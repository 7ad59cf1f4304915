import { firstValueFrom } from 'rxjs';
import { between, type DurationMs, type EpochMs, milliseconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';

/** What one read of the cloud answered, and when that read began. */
export interface Answer<T> {
  readonly value: T;
  /** Rises with every read that begins: a write that was answered before it is in the answer. */
  readonly sequence: number;
  /** On our clock. */
  readonly begunAt: EpochMs;
}

/** Numbers the reads of a tenant, of whatever is read, in the order in which they begin. */
export class ReadCounter {
  #begun = 0;
  /** A mark: reads with a greater sequence begin after now. */
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
  /** An answer to a read that began longer ago serves nobody. */
  readonly maxAge: DurationMs;
  /** Least time between the beginnings of two reads, given what the last one answered. */
  readonly spacing?: (value: T) => DurationMs;
  /** Told of every read that has ended; its value is undefined when it failed. */
  readonly ended?: (read: EndedRead<T>) => void;
}

/** A read that has ended, well or not. */
export interface EndedRead<T> extends Omit<Answer<T>, 'value'> {
  readonly value: T | undefined;
  readonly took: DurationMs;
}

interface Flight<T> {
  /** Infinite until it begins: up to then it is late enough for everybody. */
  sequence: number;
  result: Promise<Answer<T>>;
}

/**
 * One read of the cloud, shared. Each caller names the mark after which it wrote last. It shares any answer to a read that began later:
 * one that is there and young, one that is under way, or the next one. At most one read is under way, and at most one waits behind it.
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

  /** The answer to a read with a sequence greater than `after`. Rejects as the read does. */
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
    flight.result.then(landed, landed);
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
    const { clock, ended } = this.#options;
    const begunAt = clock.now();
    const tell = (value: T | undefined): void => ended?.({ value, sequence, begunAt, took: between(begunAt, clock.now()) });
    try {
      const answer = { value: await this.#read(), sequence, begunAt };
      this.#latest = answer;
      tell(answer.value);
      return answer;
    } catch (error) {
      tell(undefined);
      throw error;
    }
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
