import type { ServerId } from '@lutra/core';
import type { ServerRecord } from './server-record.ts';

/** The servers of one tenant. */
export class ServerBook {
  /** In the order of making. */
  readonly #byId = new Map<ServerId, ServerRecord>();

  get size(): number {
    return this.#byId.size;
  }

  find(id: ServerId): ServerRecord | undefined {
    return this.#byId.get(id);
  }

  /** Oldest first. */
  all(): readonly ServerRecord[] {
    return [...this.#byId.values()];
  }

  /** Records come in the order of their serials. */
  add(record: ServerRecord): void {
    this.#byId.set(record.id, record);
  }

  remove(record: ServerRecord): void {
    this.#byId.delete(record.id);
  }

  /** The `limit` servers made before `marker` (the newest of all without one), newest first. */
  newestFirst(limit: number, marker?: ServerRecord): readonly ServerRecord[] {
    const before = marker === undefined ? this.all() : this.all().filter(({ serial }) => serial < marker.serial);
    return before.toReversed().slice(0, limit);
  }
}
