import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { longestLag } from '../world/published.ts';
import { defineFault } from './fault.ts';

/** Listings lag. */
export const listLag = defineFault({
  name: 'list.lag',
  group: 'consistency',
  phase: 'before_commit',
  ops: ['server.list'],
  params: z.strictObject({
    by: durationSchema
      .refine((by) => by <= longestLag, { error: `is more than ${longestLag / 1000} s` })
      .describe('how old what it shows is; 10 min at most'),
  }),
  does: 'The listing shows the servers as they were: new ones are missing, deleted ones are still there, the others look as they did. By id each is shown as it is.',
  imitates: 'a replica that lags behind',
  reaction: 'neither unplugs nor replaces a server because one listing does not show it; makes nothing twice',
  apply: ({ params: { by } }) => ({ view: { behind: by } }),
});
