import { z } from 'zod';
import { serviceOf } from '../world/operation-names.ts';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';

/** The token of a caller is revoked in the middle. */
export const tokenRevoke = defineFault({
  name: 'token.revoke',
  group: 'identity',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({}),
  does: 'The token that the call shows is revoked right before it arrives: it is refused with 401, and so is every later one with this token.',
  imitates: 'a password that was changed; long builds that outlive a token',
  reaction: 'logs in again and does the call again; never ERROR',
  apply: ({ call }) => ({
    refuse: refusals.noValidToken(serviceOf(call.op)),
    meddle: ({ identity }) => {
      if (call.caller?.token !== undefined) identity.revoke(call.caller.token);
    },
  }),
});
