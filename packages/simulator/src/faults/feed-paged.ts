import { z } from 'zod';
import { type FeedEntries, feedLike } from '../world/load-balancer-record.ts';
import { defineFault } from './fault.ts';

/** A feed comes in small pages. */
export const feedPaged = defineFault({
  name: 'feed.paged',
  group: 'balancers',
  phase: 'after_commit',
  ops: ['load_balancer.get_feed'],
  params: z.strictObject({ entries: z.int().min(1).default(1).describe('on one page') }),
  does: 'The feed has so few entries on a page, and links to the next.',
  imitates: 'long feeds',
  reaction: 'follows the links, a bounded number of them',
  apply: ({ params: { entries: pageSize } }) => ({
    alter: (entries) => feedLike(entries as FeedEntries, entries as FeedEntries, { pageSize }),
  }),
});
