import { later, type NodeId, type TenantId } from '@lutra/core';
import type { FeedEntry, LoadBalancerRecord, NodeRecord } from './load-balancer-record.ts';
import { drawDuration } from './pace.ts';
import type { Surroundings } from './surroundings.ts';
import type { Actor, WorldEvent } from './world-event.ts';

/** Entries that a feed keeps at least; twice as many at most. */
const longestFeed = 500;

/** In CLB's words, in which autoscalers look for when draining began (spec/providers.md, section 4.4). */
export function nodeSummary(kind: Extract<WorldEvent, { nodeId: NodeId }>['kind'], node: NodeRecord, by: Actor): string {
  const { address, port, condition, weight, status } = node;
  const place = [`address: '${address}'`, `port: '${port}'`];
  const [how, load] = [`condition: '${condition}'`, `weight: '${weight}'`];
  const told = (what: string, about: readonly string[]): string => `Node ${what} with ${about.join(', ')}`;
  if (kind === 'node-added') return told('successfully created', [...place, how, load]);
  if (kind === 'node-removed') return told('successfully deleted', [...place, how, load]);
  if (by === 'cloud') return told(`is ${status}`, place);
  return told('successfully updated', [...place, load, how]);
}

/** The feeds of one tenant's load balancers. */
export class BalancerFeeds {
  readonly #tenantId: TenantId;
  readonly #around: Surroundings;

  constructor(tenantId: TenantId, around: Surroundings) {
    this.#tenantId = tenantId;
    this.#around = around;
  }

  /** Something happened to a load balancer, or to one of its nodes. */
  tell(record: LoadBalancerRecord, nodeId: NodeId | undefined, summary: string): void {
    record.feed.push({ at: this.#around.clock.now(), nodeId, summary });
    if (record.feed.length > 2 * longestFeed) record.feed.splice(0, longestFeed);
  }

  /** What happened to it, newest first; not yet what the feed has not heard of. */
  read(record: LoadBalancerRecord): readonly FeedEntry[] {
    const { random, clock, pace } = this.#around;
    const { feedLag } = pace;
    if (feedLag === undefined) return record.feed.toReversed();
    const now = clock.now();
    const heard = ({ at, summary }: FeedEntry): boolean =>
      later(at, drawDuration(feedLag, random, 'feed lag', this.#tenantId, record.id, at, summary)) <= now;
    return record.feed.filter(heard).reverse();
  }
}
