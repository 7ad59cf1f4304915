import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { defineFault, drawKeys } from './fault.ts';
import { spanSchema } from './span.ts';

/** Cloud Feeds is slow. */
export const cfSlow = defineFault({
  name: 'cf.slow',
  group: 'feeds',
  phase: 'on_send',
  ops: ['event.publish', 'event.list'],
  params: z.strictObject({ by: spanSchema.describe('how much longer it takes') }),
  does: 'Calls of Cloud Feeds take so much longer.',
  imitates: 'Cloud Feeds under load',
  reaction: 'never waits for it before it converges',
  apply: ({ params: { by }, call, random }) => ({ delay: drawDuration(by, random, ...drawKeys(call), 'feeds') }),
});
