import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { serviceOf } from '../world/operation-names.ts';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** The service fails. */
export const http5xx = defineFault({
  name: 'http.5xx',
  group: 'transport',
  phase: 'before_validate',
  otherPhases: ['before_commit', 'after_commit'],
  params: z.strictObject({
    code: z
      .union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)])
      .default(500)
      .describe('status'),
    body: z.string().optional().describe('plain text in place of the body that the service gives its errors'),
    retry_after: durationSchema.optional().describe('when to come back, as it says itself'),
  }),
  does: 'The service fails before it has done anything, or in phase `after_commit` after it has done everything; the caller cannot tell.',
  imitates: 'faults of the provider (CATC-024)',
  reaction: 'tries again with backoff, not before `retry_after`; never ERROR; takes the effect for unknown',
  apply: ({ params: { code, body, retry_after: retryAfter }, call }) => ({
    refuse: refusals.fault(serviceOf(call.op), code, retryAfter),
    ...(body === undefined ? {} : { wire: { body: { type: 'text/plain', text: body, foreign: true } } }),
  }),
});
