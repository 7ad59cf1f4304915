import { z } from 'zod';
import { serviceOf } from '../world/operation-names.ts';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';

/** A service refuses a good token. */
export const service401Once = defineFault({
  name: 'service.401_once',
  group: 'identity',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({ body: z.enum(['empty', 'json']).default('empty').describe('whether it says why') }),
  does: 'The call is refused with 401 and, unless told otherwise, an empty body, though the token is good; how often is said by `every` and `times`.',
  imitates: 'Nova answering 401 to a create (CATC-024)',
  reaction: 'logs in again and does the call again; never ERROR',
  apply: ({ params: { body }, call }) => ({
    refuse: refusals.noValidToken(serviceOf(call.op)),
    ...(body === 'empty' ? { wire: { body: { type: 'text/plain', text: '', foreign: true } } } : {}),
  }),
});
