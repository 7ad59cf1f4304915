import type { EpochMs, JsonObject } from '@lutra/core';
import { longestName } from './catalogue.ts';
import type { PublishedEvent } from './pool-calls.ts';

/** Events of one feed that are kept at least; twice as many at most. */
const longest = 1000;
/** Feeds of a tenant, and characters of an entry, at most. */
export const mostFeeds = 20;
export const longestEntry = 8192;

/** One tenant's Cloud Feeds: what was published, by the name of the feed. */
export class Feeds {
  readonly #feeds = new Map<string, PublishedEvent[]>();
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }
  /** Whether there is room for this feed. */
  hasRoomFor(feed: string): boolean {
    return this.#feeds.has(feed) || (this.#feeds.size < mostFeeds && feed.length <= longestName);
  }
  publish(feed: string, id: string, entry: JsonObject, at: EpochMs): PublishedEvent {
    const events = this.#feeds.get(feed) ?? [];
    const event = { id, at, entry };
    events.push(event);
    if (events.length > 2 * longest) for (const { id: old } of events.splice(0, longest)) this.#ids.delete(old);
    this.#feeds.set(feed, events);
    this.#ids.add(id);
    return event;
  }
  /** Newest first. */
  events(feed: string): readonly PublishedEvent[] {
    return (this.#feeds.get(feed) ?? []).toReversed();
  }

  snapshot(): FeedsSnapshot {
    return [...this.#feeds].map(([feed, events]) => [feed, [...events]]);
  }
  restore(feeds: FeedsSnapshot): void {
    this.#feeds.clear();
    this.#ids.clear();
    for (const [feed, events] of feeds) {
      this.#feeds.set(feed, [...events]);
      for (const { id } of events) this.#ids.add(id);
    }
  }
}
export type FeedsSnapshot = readonly (readonly [string, readonly PublishedEvent[]])[];
