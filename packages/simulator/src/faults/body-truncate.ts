import { z } from 'zod';
import { defineFault } from './fault.ts';

/** The connection breaks within the body of an answer. */
export const bodyTruncate = defineFault({
  name: 'body.truncate',
  group: 'transport',
  phase: 'during_body',
  params: z.strictObject({ at_byte: z.int().min(0).default(0).describe('bytes of the body that come') }),
  does: 'Headers and so many bytes of the body come, then the connection breaks.',
  imitates: 'a proxy that is restarted',
  reaction: 'takes half an answer for none: a listing that broke off is not the truth, a create is unknown',
  apply: ({ params: { at_byte: endsAt } }) => ({ wire: { endsAt } }),
});
