/**
 * What a listing shows of a tenant's servers: the truth, or what faults make of it. A listing that lags shows the servers as they
 * were: those made since are missing, those gone since are still there, and the others look as they did. A server asked for by id
 * is always shown as it is.
 */
import { type DurationMs, type EpochMs, epochMs, milliseconds, type ServerId, seconds } from '@lutra/core';
import type { ServerBook } from './server-book.ts';
import { lookOf, type ServerLook, type ServerRecord } from './server-record.ts';

/** No listing lags more than this; what is older is forgotten. */
export const longestLag: DurationMs = seconds(600);

/** How a listing differs from the truth. */
export interface View {
  /** So old is what it shows; at most `longestLag`. */
  readonly behind: DurationMs;
  /** Servers that are left out of it. */
  readonly omits: (id: ServerId) => boolean;
  /** The part of it that is shown, 0..1: the newest servers. */
  readonly shown: number;
}
/** The truth. */
export const trueView: View = { behind: milliseconds(0), omits: () => false, shown: 1 };

/** Servers that are gone, for as long as a listing may still show them. */
export class Graveyard {
  readonly #graves: { readonly goneAt: EpochMs; readonly server: ServerRecord }[] = [];

  bury(server: ServerRecord, now: EpochMs): void {
    this.#graves.push({ goneAt: now, server });
    const oldest = now - longestLag;
    let over = 0;
    while ((this.#graves[over]?.goneAt ?? now) < oldest) over += 1;
    if (over > 0) this.#graves.splice(0, over);
  }

  /** Those that were still there at `instant`. */
  aliveAt(instant: EpochMs): readonly ServerRecord[] {
    return this.#graves.filter(({ goneAt }) => goneAt > instant).map(({ server }) => server);
  }
}

/** A page of a listing: the servers made before `marker` (the newest of all without one), newest first, and how each looks in it. */
export function published(
  book: ServerBook,
  graveyard: Graveyard,
  view: View,
  now: EpochMs,
  limit: number,
  marker: ServerRecord | undefined,
): readonly ServerLook[] {
  if (view === trueView) return trueServers(book, limit, marker).map(lookOf);
  const instant = epochMs(now - view.behind);
  const living = trueServers(book, Number.POSITIVE_INFINITY, undefined);
  const all = view.behind === 0 ? living : [...living, ...graveyard.aliveAt(instant)].sort((a, b) => b.serial - a.serial);
  const seen = all.filter(({ createdAt, id }) => createdAt <= instant && !view.omits(id));
  const shown = view.shown >= 1 ? seen : seen.slice(0, Math.floor(seen.length * view.shown));
  const page = shown.filter(({ serial }) => marker === undefined || serial < marker.serial).slice(0, limit);
  return page.map(view.behind === 0 ? lookOf : (server) => lookAt(server, instant));
}

/** A server that is DELETED is shown by id alone, for a moment. */
function trueServers(book: ServerBook, limit: number, marker: ServerRecord | undefined): readonly ServerRecord[] {
  const page = book.newestFirst(limit, marker);
  if (!page.some(isDeleted)) return page;
  const listed = book.newestFirst(Number.POSITIVE_INFINITY, marker).filter((server) => !isDeleted(server));
  return listed.slice(0, limit);
}
const isDeleted = ({ status }: ServerRecord): boolean => status === 'DELETED';

/** How a server looked at an instant at which it was there. */
const lookAt = (server: ServerRecord, instant: EpochMs): ServerLook =>
  server.past.find(({ until }) => until > instant)?.look ?? lookOf(server);
