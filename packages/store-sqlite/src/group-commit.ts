/**
 * Writes in groups: those that are asked for in one turn of the event loop, or while the last group is on its way to the disk, share one
 * transaction and one flush. Each has a savepoint, so that one that is refused takes nothing else with it.
 *
 * SQLite commits without waiting for the disk (synchronous = NORMAL), and the file of the write-ahead log is then flushed on a thread of the
 * pool: the event loop never waits for a disk. A call is answered when its group is on the disk. A later group is never there without the
 * earlier ones, for the log is written in order.
 */
import { between, type Clock, type DurationMs, LutraError } from '@lutra/core';
import { reasonOf } from '@lutra/core/stores';
import type { Checkpoints } from './checkpoints.ts';
import type { Database } from './database.ts';

/** Calls that share a transaction, at most: while they run, nothing else does. */
const mostTogether = 128;

interface Call {
  readonly work: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}
type Outcome = { readonly call: Call; readonly answer: unknown } | { readonly call: Call; readonly error: unknown };

export interface GroupCommitOptions {
  readonly clock: Clock;
  /** Puts what was committed on the disk; undefined: nothing need be. */
  readonly flush: (() => Promise<void>) | undefined;
  /** What moves the log into the file; undefined: nothing need do so. */
  readonly checkpoints?: Pick<Checkpoints, 'isDue' | 'empty'> | undefined;
}

export class GroupCommit {
  readonly #database: Database;
  readonly #options: GroupCommitOptions;
  #waiting: Call[] = [];
  #running: Promise<void> | undefined;
  /** A flush has failed since the last one that went well: what the disk holds is not known. */
  #isDoubtful = false;
  #lastCommit: DurationMs | undefined;
  #isFailing = false;

  constructor(database: Database, options: GroupCommitOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** How long the newest group took until it was durable, null before the first; and whether the newest failed as a whole. */
  get status(): { readonly lastCommit: DurationMs | null; readonly isFailing: boolean } {
    return { lastCommit: this.#lastCommit ?? null, isFailing: this.#isFailing };
  }

  /** Runs `work` in a transaction, and resolves with its answer when that is durable. Rejects as `work` throws, which then changes nothing. */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (answer: unknown) => void, reject });
      this.#running ??= this.#workOff();
    });
  }

  /** Resolves when nothing is waiting. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Begins after whatever else is asked for in this turn, and goes on while anything is waiting. Never rejects. */
  async #workOff(): Promise<void> {
    await undefined;
    while (this.#waiting.length > 0) {
      const calls = this.#waiting.slice(0, mostTogether);
      this.#waiting = this.#waiting.slice(mostTogether);
      settle(await this.#commit(calls));
    }
    this.#running = undefined; // in the turn in which nothing was waiting
  }

  async #commit(calls: readonly Call[]): Promise<readonly Outcome[]> {
    const { clock, checkpoints } = this.#options;
    const begun = clock.now();
    if (checkpoints?.isDue) await checkpoints.empty().catch(() => {}); // it stays due
    const before = this.#database.changes;
    let outcomes: readonly Outcome[];
    try {
      outcomes = this.#transact(calls);
    } catch (error) {
      this.#isFailing = true;
      return calls.map((call) => ({ call, error })); // none of it was committed
    }
    if (this.#database.changes === before && !this.#isDoubtful) return outcomes; // what was read is on the disk already
    try {
      await this.#flush();
    } catch (cause) {
      this.#isDoubtful = true;
      this.#isFailing = true;
      const what = `The store ${this.#database.file} could not be flushed to its disk, so whether this was done is not known`;
      const error = new LutraError('unavailable', `${what}: ${reasonOf(cause)}. It goes on by itself when the disk does.`, { cause });
      return outcomes.map((outcome) => ('error' in outcome ? outcome : { call: outcome.call, error }));
    }
    this.#isFailing = false;
    this.#lastCommit = between(begun, clock.now());
    return outcomes;
  }

  /**
   * After a flush that failed, the system takes what was lost for written: a second one would succeed without writing it. So all of the log
   * is copied into the file first, from memory, and that is flushed.
   */
  async #flush(): Promise<void> {
    const { flush, checkpoints } = this.#options;
    if (this.#isDoubtful) await checkpoints?.empty();
    await flush?.();
    this.#isDoubtful = false;
  }

  #transact(calls: readonly Call[]): readonly Outcome[] {
    const database = this.#database;
    database.execute('BEGIN IMMEDIATE');
    try {
      const outcomes = calls.map((call): Outcome => {
        database.execute('SAVEPOINT one');
        try {
          const answer = call.work();
          database.execute('RELEASE one');
          return { call, answer };
        } catch (error) {
          if (!database.isInTransaction) throw error; // SQLite has ended all of it
          database.execute('ROLLBACK TO one; RELEASE one');
          return { call, error };
        }
      });
      database.execute('COMMIT');
      return outcomes;
    } catch (error) {
      if (database.isInTransaction) database.execute('ROLLBACK');
      throw error;
    }
  }
}

function settle(outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    if ('error' in outcome) outcome.call.reject(outcome.error);
    else outcome.call.resolve(outcome.answer);
  }
}
