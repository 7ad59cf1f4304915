import type { ServerId } from '@lutra/core';
import type { ServerRecord } from './server-record.ts';

/** The servers of one tenant: found by id at once, listed newest first, paged by binary search. */
export class ServerBook {
  readonly #byId = new Map<ServerId, ServerRecord>();
  /** In the order of making. */
  readonly #oldestFirst: ServerRecord[] = [];

  get size(): number {
    return this.#byId.size;
  }

  find(id: ServerId): ServerRecord | undefined {
    return this.#byId.get(id);
  }

  /** Oldest first. */
  all(): readonly ServerRecord[] {
    return this.#oldestFirst;
  }

  /** Records come in the order of their serials. */
  add(record: ServerRecord): void {
    this.#byId.set(record.id, record);
    this.#oldestFirst.push(record);
  }

  remove(record: ServerRecord): void {
    if (!this.#byId.delete(record.id)) return;
    this.#oldestFirst.splice(this.#slotOf(record.serial), 1);
  }

  /** The `limit` servers made before `marker` (the newest of all without one), newest first. */
  newestFirst(limit: number, marker?: ServerRecord): readonly ServerRecord[] {
    const end = marker === undefined ? this.#oldestFirst.length : this.#slotOf(marker.serial);
    return this.#oldestFirst.slice(Math.max(0, end - limit), end).reverse();
  }

  /** Where the first record of at least this serial is. */
  #slotOf(serial: number): number {
    let low = 0;
    let high = this.#oldestFirst.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#oldestFirst[middle]?.serial ?? serial) < serial) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
