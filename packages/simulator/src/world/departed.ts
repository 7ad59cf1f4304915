import { between, type EpochMs, type ServerId, seconds } from '@lutra/core';
import type { ServerLook, ServerRecord } from './server-record.ts';

/** How long, and how many of, those that are gone are told to who asks for changes since. */
const departedFor = seconds(30 * 86_400);
const mostDeparted = 200;

/** A server that is gone, as it is shown from then on. */
export interface Departure {
  readonly goneAt: EpochMs;
  readonly look: ServerLook;
}
export type DepartedSnapshot = readonly { readonly goneAt: EpochMs; readonly look: Omit<ServerLook, 'links'> }[];

/** Servers of a tenant that are gone, for who asks for changes since; no more than the last `mostDeparted`. */
export class Departed {
  readonly #all: Departure[] = [];

  add({ id, name, request, createdAt, metadata, links }: ServerRecord, goneAt: EpochMs): void {
    const last = {
      status: 'DELETED',
      deletingShown: false,
      address: '',
      isolated: {},
      unpublic: true,
      publicBase: '',
      progress: 0,
      updatedAt: goneAt,
    };
    this.#all.push({ goneAt, look: { id, name, request, createdAt, metadata, links, ...last } });
    if (this.#all.length > 2 * mostDeparted) this.#all.splice(0, mostDeparted);
  }

  /** Those of the last 30 days. */
  newestFirst(now: EpochMs): readonly Departure[] {
    return this.#all.filter(({ goneAt }) => between(goneAt, now) <= departedFor).reverse();
  }

  snapshot(): DepartedSnapshot {
    return this.#all.map(({ goneAt, look: { links: _, ...look } }) => ({ goneAt, look }));
  }
  /** `linksOf`: Nova's links to a server. */
  restore(saved: DepartedSnapshot, linksOf: (id: ServerId) => ServerLook['links']): void {
    const restored = saved.map(({ goneAt, look }) => ({ goneAt, look: { ...look, links: linksOf(look.id) } }));
    this.#all.splice(0, this.#all.length, ...restored);
  }
}
