import { z } from 'zod';
import { type FeedEntries, feedLike } from '../world/load-balancer-record.ts';
import { defineFault } from './fault.ts';

/** A feed never tells of something. */
export const feedMissingEntry = defineFault({
  name: 'feed.missing_entry',
  group: 'balancers',
  phase: 'after_commit',
  ops: ['load_balancer.get_feed'],
  params: z.strictObject({ text: z.string().min(1).default('DRAINING').describe('entries with this text are missing') }),
  does: 'Entries with this text are missing for good.',
  imitates: 'feeds that lost entries: since when a node drains is unknown',
  reaction: 'counts from when it first saw the node drain',
  apply: ({ params: { text } }) => ({
    alter: (entries) =>
      feedLike(
        entries as FeedEntries,
        (entries as FeedEntries).filter(({ summary }) => !summary.includes(text)),
      ),
  }),
});
