import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';
import { clbCalls } from './on-load-balancer.ts';

/** A refusal has another status or other words. */
export const clbWrongCode = defineFault({
  name: 'clb.wrong_code',
  group: 'balancers',
  phase: 'during_body',
  ops: clbCalls,
  params: z.strictObject({
    from: z.int().min(400).max(599).default(422).describe('refusals with this status'),
    to: z.int().min(400).max(599).default(413).describe('get this one'),
    message: z.string().optional().describe('and this text; absent: they keep theirs'),
  }),
  does: 'What a load balancer refuses is refused with another status, or in other words, than documented.',
  imitates: 'drift of the API, such as 413 for duplicate nodes',
  reaction: 'knows a refusal by its text where the status misleads; an unknown one is an error that says what came',
  apply: ({ params: { from, to, message }, call }) =>
    call.refusal?.status === from ? { restate: (refusal) => refusals.otherwise(refusal, to, message) } : undefined,
});
