import { between, type Clock, type DurationMs, later } from '@lutra/core';
import type { Due, Happening, ServerRecord } from './server-record.ts';

/** What comes of what was to happen to a server. */
export interface ServerTimes {
  /** Whether it is there still. */
  readonly isThere: (record: ServerRecord) => boolean;
  readonly happens: (record: ServerRecord, what: Happening) => void;
  readonly happensBesides: (record: ServerRecord, what: Happening) => void;
  readonly loses: (record: ServerRecord, prefixes: readonly string[]) => void;
}

/** What is to happen to servers of their own accord, and when: kept in their records, so that it can be saved, and waited for here. */
export class ServerTimers {
  readonly #clock: Clock;
  readonly #times: ServerTimes;

  constructor(clock: Clock, times: ServerTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  /** One thing is to happen to a server next; it replaces what was to happen before. */
  next(record: ServerRecord, delay: DurationMs, what: Happening): void {
    this.forget(record);
    record.due = { at: later(this.#clock.now(), delay), what };
    this.#armNext(record);
  }

  /** Nothing is to happen to it next. */
  forget(record: ServerRecord): void {
    record.next?.unsubscribe();
    record.next = undefined;
    record.due = undefined;
  }

  /** Something is to happen to it besides, unless it is gone or being deleted by then. */
  also(record: ServerRecord, delay: DurationMs, what: Happening): void {
    const due: Due = { at: later(this.#clock.now(), delay), what };
    record.also = [...record.also, due];
    this.#armAlso(record, due);
  }

  /** It is to lose metadata, unless it is gone by then. */
  loses(record: ServerRecord, delay: DurationMs, prefixes: readonly string[]): void {
    record.losing = { prefixes, at: later(this.#clock.now(), delay) };
    this.#armLosing(record);
  }

  /** Waits for all that its record says, at once where that has passed. */
  arm(record: ServerRecord): void {
    this.#armNext(record);
    for (const due of record.also) this.#armAlso(record, due);
    this.#armLosing(record);
  }

  #armNext(record: ServerRecord): void {
    const { due } = record;
    if (due === undefined) return;
    record.next = this.#clock.after(between(this.#clock.now(), due.at)).subscribe(() => {
      record.due = undefined;
      record.next = undefined;
      this.#times.happens(record, due.what);
    });
  }

  #armAlso(record: ServerRecord, due: Due): void {
    this.#clock.after(between(this.#clock.now(), due.at)).subscribe(() => {
      if (!this.#times.isThere(record)) return;
      record.also = record.also.filter((other) => other !== due);
      if (!record.deleting) this.#times.happensBesides(record, due.what);
    });
  }

  #armLosing(record: ServerRecord): void {
    if (record.losing === undefined) return;
    const { at, prefixes } = record.losing;
    this.#clock.after(between(this.#clock.now(), at)).subscribe(() => {
      if (!this.#times.isThere(record)) return;
      record.losing = undefined;
      this.#times.loses(record, prefixes);
    });
  }
}
