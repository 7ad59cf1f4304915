import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** The tenant's account is suspended. */
export const tenantSuspended = defineFault({
  name: 'tenant.suspended',
  group: 'actors',
  phase: 'before_validate',
  params: z.strictObject({}),
  does: 'The services are not there for this account: they are missing from its catalog, and a call to one all the same is refused with 403.',
  imitates: 'an account that was suspended for want of payment',
  reaction: 'ERROR, with the sentence that asks whether the account is still active; goes on after a command once it is',
  apply: ({ call }) => ({ refuse: refusals.suspended(call.op) }),
});
