import { z } from 'zod';
import { defineFault } from './fault.ts';

/** A success with another status than the documented one. */
export const httpUnexpected2xx = defineFault({
  name: 'http.unexpected_2xx',
  group: 'transport',
  phase: 'during_body',
  params: z.strictObject({ code: z.int().min(200).max(299).default(202).describe('status; where that is the documented one: 200') }),
  does: 'All is done and answered as ever, but with another status of success than the documented one.',
  imitates: 'drift of an API: 200 for 202, 202 for 201',
  reaction: 'handles it knowingly: neither fails the group nor takes the write for surely done',
  apply: ({ params: { code }, call }) => (call.refusal === undefined ? { wire: { status: code } } : undefined),
});
