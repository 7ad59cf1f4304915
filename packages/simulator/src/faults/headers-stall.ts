import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** The answer is there, and its headers do not come. */
export const headersStall = defineFault({
  name: 'response.headers_stall',
  group: 'transport',
  phase: 'during_body',
  params: z.strictObject({ for: durationSchema.optional().describe('how long; absent: for ever') }),
  does: 'All is done, and not a byte of the answer comes for so long.',
  imitates: 'a half-dead proxy',
  reaction: 'gives up after its deadline for headers; the effect is unknown to it',
  apply: ({ params }) => (params.for === undefined ? { answer: 'never' } : { delayBack: params.for }),
});
