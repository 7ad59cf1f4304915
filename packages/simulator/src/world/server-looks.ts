import type { ServerBook } from './server-book.ts';
import { type KeptLook, lookOf, type ServerRecord } from './server-record.ts';

/** With more changes than this a listing is made anew: each looks for its place in the last one. */
const fewChanges = 16;

/** A server that is otherwise than the last listing has it: how it looks there, if it is in it. */
interface Changed {
  readonly record: ServerRecord;
  readonly before: KeptLook | undefined;
}

/** How a tenant's servers look, newest first. A listing is made of the last one, and only what has changed since is looked at. */
export class ServerLooks {
  readonly #book: ServerBook;
  #listed: readonly KeptLook[] | undefined;
  /** Each server once, in the order in which they changed. */
  #changed: Changed[] = [];

  constructor(book: ServerBook) {
    this.#book = book;
  }

  /** All of them: the very same array until one changes, and never changed itself. */
  all(): readonly KeptLook[] {
    const changed = this.#changed;
    this.#changed = [];
    if (this.#listed === undefined) this.#listed = this.#book.newestFirst(Number.POSITIVE_INFINITY).map(lookOf);
    else if (changed.length > 0) this.#listed = this.#with(this.#listed, changed);
    return this.#listed;
  }

  /** The server has come to look otherwise, was made just now, or is gone. */
  noteChange(record: ServerRecord): void {
    const { look: before } = record; // of a server that has not changed since, it is the one in the listing
    record.look = undefined;
    if (this.#listed === undefined || this.#changed.some((other) => other.record === record)) return;
    this.#changed.push({ record, before });
    if (this.#changed.length > fewChanges) this.forget();
  }

  /** Servers have changed that nobody told of. */
  forget(): void {
    this.#listed = undefined;
    this.#changed = [];
  }

  /** Servers that were made since then come first, the newest before the others. */
  #with(listed: readonly KeptLook[], changed: readonly Changed[]): readonly KeptLook[] {
    const looks = [...listed];
    for (const { record, before } of changed) {
      const isThere = this.#book.find(record.id) === record;
      const place = before === undefined ? -1 : looks.indexOf(before);
      if (place >= 0 && isThere) looks[place] = lookOf(record);
      else if (place >= 0) looks.splice(place, 1);
      else if (isThere) looks.unshift(lookOf(record));
    }
    return looks;
  }
}
