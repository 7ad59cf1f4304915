import type { JsonObject, ServerId } from '@lutra/core';
import type { ServerRecord } from './server-record.ts';

/** The servers of one tenant: found by id at once, listed newest first, paged by binary search. */
export class ServerBook {
  readonly #byId = new Map<ServerId, ServerRecord>();
  /** In the order of making. */
  readonly #oldestFirst: ServerRecord[] = [];
  /** How each is shown, in the same order; undefined where it is to be worked out anew. */
  readonly #shown: (JsonObject | undefined)[] = [];

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
    this.#shown.push(undefined);
  }

  /** The record looks different from now on. */
  touch(record: ServerRecord): void {
    const slot = this.#slotOf(record.serial);
    if (this.#oldestFirst[slot] === record) this.#shown[slot] = undefined;
  }

  /** How all of them are shown, newest first; only those that are new, or were touched since the last time, are worked out. */
  showAll(show: (record: ServerRecord) => JsonObject): readonly JsonObject[] {
    const rows: JsonObject[] = [];
    for (let slot = this.#oldestFirst.length - 1; slot >= 0; slot -= 1) {
      let row = this.#shown[slot];
      const record = this.#oldestFirst[slot];
      if (row === undefined && record !== undefined) {
        row = show(record);
        this.#shown[slot] = row;
      }
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  remove(record: ServerRecord): void {
    if (!this.#byId.delete(record.id)) return;
    const slot = this.#slotOf(record.serial);
    this.#oldestFirst.splice(slot, 1);
    this.#shown.splice(slot, 1);
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
