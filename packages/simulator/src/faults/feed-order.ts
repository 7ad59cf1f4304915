import { z } from 'zod';
import { type FeedEntries, feedLike } from '../world/load-balancer-record.ts';
import { defineFault } from './fault.ts';

/** A feed is oldest first. */
export const feedOrder = defineFault({
  name: 'feed.order',
  group: 'balancers',
  phase: 'after_commit',
  ops: ['load_balancer.get_feed'],
  params: z.strictObject({}),
  does: 'The entries come oldest first.',
  imitates: 'another version of the service',
  reaction: 'goes by the times of entries, not by their order',
  apply: () => ({ alter: (entries) => feedLike(entries as FeedEntries, (entries as FeedEntries).toReversed()) }),
});
