import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** The body of an answer stops coming. */
export const bodyStall = defineFault({
  name: 'body.stall',
  group: 'transport',
  phase: 'during_body',
  params: z.strictObject({
    at_byte: z.int().min(0).default(0).describe('bytes of the body that come'),
    for: durationSchema.optional().describe('how long; absent: for ever'),
  }),
  does: 'Headers and so many bytes of the body come, then nothing more for so long, with the connection open.',
  imitates: 'a half-dead proxy; validation requests that never finished',
  reaction: 'gives up after its deadline for bodies; nothing hangs for ever',
  apply: ({ params }) => ({ wire: { stallsAt: params.at_byte, ...(params.for === undefined ? {} : { stallsFor: params.for }) } }),
});
