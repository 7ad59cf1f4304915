import { seconds } from '@lutra/core';
import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** A bulk call fails as a whole. */
export const rcv3BulkError = defineFault({
  name: 'rcv3.bulk_error',
  group: 'pools',
  phase: 'before_validate',
  ops: ['pool_member.add', 'pool_member.remove'],
  params: z.strictObject({
    code: z
      .union([z.literal(400), z.literal(413), z.literal(500)])
      .default(500)
      .describe('400: a pool id that is no UUID; 413: the limiter; 500: "Unexpected Error", as for a member that is still ADDING'),
  }),
  does: 'The call is refused with this status, and nothing is done.',
  imitates: 'what RackConnect v3 answers to ids it cannot read, to too many calls, and to removals of members that never arrived',
  reaction: 'tries again later with backoff; 500 is an unknown effect',
  apply: ({ params: { code }, now }) => ({ refuse: code === 413 ? refusals.rateLimited(seconds(60), now) : refusals.poolBulk(code) }),
});
