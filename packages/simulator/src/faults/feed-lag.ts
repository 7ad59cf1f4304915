import { seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { type FeedEntries, feedLike } from '../world/load-balancer-record.ts';
import { defineFault } from './fault.ts';

/** A feed lags. */
export const feedLag = defineFault({
  name: 'feed.lag',
  group: 'balancers',
  phase: 'after_commit',
  ops: ['load_balancer.get_feed'],
  params: z.strictObject({ by: durationSchema.default(seconds(5)).describe('entries younger than this are missing') }),
  does: 'The feed of a load balancer or node misses its youngest entries.',
  imitates: 'feeds that are written after the fact',
  reaction: 'waits for the entry, for a bounded time',
  apply: ({ params: { by }, now }) => ({
    alter: (entries) =>
      feedLike(
        entries as FeedEntries,
        (entries as FeedEntries).filter(({ at }) => at <= now - by),
      ),
  }),
});
