/** How the servers of a tenant looked a while ago, for listings that lag. */
import type { EpochMs } from '@lutra/core';
import { longestLag } from './published.ts';
import { lookOf, noPast, type ServerRecord } from './server-record.ts';

export class PastLooks {
  /** Servers with a past, the oldest first; a server is here once for each of its looks. */
  readonly #queue: { readonly until: EpochMs; readonly record: ServerRecord }[] = [];

  /** Keeps how a server looks before it changes; what no listing can show any more is forgotten, of other servers too. */
  remember(record: ServerRecord, now: EpochMs): void {
    const isOver = (until: EpochMs): boolean => until < now - longestLag;
    const recent = this.#queue.findIndex(({ until }) => !isOver(until));
    for (const { record: old } of this.#queue.splice(0, recent < 0 ? this.#queue.length : recent)) {
      const left = old.past.filter(({ until }) => !isOver(until));
      old.past = left.length === 0 ? noPast : left;
    }
    record.past = [...record.past, { until: now, look: lookOf(record) }];
    this.#queue.push({ until: now, record });
  }
}
