import { z } from 'zod';
import { type FeedEntries, feedLike } from '../world/load-balancer-record.ts';
import { defineFault } from './fault.ts';

/** A feed never ends. */
export const feedInfiniteNext = defineFault({
  name: 'feed.infinite_next',
  group: 'balancers',
  phase: 'after_commit',
  ops: ['load_balancer.get_feed'],
  params: z.strictObject({}),
  does: 'Every page links to a next one.',
  imitates: 'a bug in paging',
  reaction: 'stops after a bounded number of pages',
  apply: () => ({ alter: (entries) => feedLike(entries as FeedEntries, entries as FeedEntries, { endless: true }) }),
});
