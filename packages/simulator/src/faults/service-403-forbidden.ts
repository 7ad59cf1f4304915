import { z } from 'zod';
import { serviceOf } from '../world/operation-names.ts';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';

/** A service forbids what it allowed. */
export const service403Forbidden = defineFault({
  name: 'service.403_forbidden',
  group: 'identity',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({ form: z.enum(['json', 'plain']).default('json').describe('of the body') }),
  does: 'The call is refused with 403.',
  imitates: 'a role that was taken away',
  reaction: 'knows it from a quota and from a network policy; ERROR, with a sentence',
  apply: ({ params: { form }, call }) => ({
    refuse: refusals.notAuthorised(serviceOf(call.op)),
    ...(form === 'plain' ? { wire: { body: { type: 'text/plain', text: '403 Forbidden', foreign: true } } } : {}),
  }),
});
