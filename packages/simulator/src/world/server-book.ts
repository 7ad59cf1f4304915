import type { ServerId } from '@lutra/core';
import { type KeptLook, lookOf, type ServerRecord } from './server-record.ts';

/** The servers of one tenant: found by id at once, listed newest first, paged by binary search. */
export class ServerBook {
  readonly #byId = new Map<ServerId, ServerRecord>();
  /** In the order of making. */
  readonly #oldestFirst: ServerRecord[] = [];
  /** How each looks, in the same order; undefined where it is to be worked out anew. */
  readonly #looks: (KeptLook | undefined)[] = [];

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
    this.#looks.push(undefined);
  }

  /** The record looks different from now on. */
  touch(record: ServerRecord): void {
    const slot = this.#slotOf(record.serial);
    if (this.#oldestFirst[slot] === record) this.#looks[slot] = undefined;
  }

  /** How all of them look, newest first; only those that are new, or were touched since the last time, are looked at. */
  looks(): readonly KeptLook[] {
    const looks: KeptLook[] = [];
    for (let slot = this.#oldestFirst.length - 1; slot >= 0; slot -= 1) {
      let look = this.#looks[slot];
      const record = this.#oldestFirst[slot];
      if (look === undefined && record !== undefined) {
        look = lookOf(record);
        this.#looks[slot] = look;
      }
      if (look !== undefined) looks.push(look);
    }
    return looks;
  }

  remove(record: ServerRecord): void {
    if (!this.#byId.delete(record.id)) return;
    const slot = this.#slotOf(record.serial);
    this.#oldestFirst.splice(slot, 1);
    this.#looks.splice(slot, 1);
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
