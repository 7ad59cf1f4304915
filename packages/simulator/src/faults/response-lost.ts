import { z } from 'zod';
import { defineFault } from './fault.ts';

/** The cloud did the work, but its answer never reaches the caller. */
export const responseLost = defineFault({
  name: 'response.lost',
  group: 'transport',
  phase: 'after_commit',
  otherPhases: ['before_commit', 'before_validate'],
  params: z.strictObject({
    mode: z
      .enum(['reset', 'timeout'])
      .default('reset')
      .describe('`reset`: the connection breaks; `timeout`: nothing comes until the caller gives up'),
  }),
  does: 'The work is done, and the answer never comes. In an earlier phase: the request is lost, and nothing is done.',
  imitates: 'a proxy that breaks, or goes silent, after the commit',
  reaction:
    'counts a create as done until a look says otherwise; does idempotent writes again; no server too many once the next listing is in',
  apply: ({ params: { mode } }) => ({ answer: mode === 'reset' ? 'lost' : 'never' }),
});
