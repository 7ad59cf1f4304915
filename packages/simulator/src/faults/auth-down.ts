import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** Identity is down. */
export const authDown = defineFault({
  name: 'auth.down',
  group: 'identity',
  phase: 'before_validate',
  ops: [
    'token.create',
    'token.get',
    'token.delete',
    'token.list_endpoints',
    'token.impersonate',
    'user.list',
    'user.get',
    'user.get_credentials',
    'user.get_of_tenant',
    'tenant.list',
  ],
  params: z.strictObject({
    code: z
      .union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)])
      .default(503)
      .describe('status'),
  }),
  does: 'Every call of identity fails; for how long is said by `from` and `until`.',
  imitates: 'an outage of the identity service',
  reaction: 'goes on with the token that it has; otherwise backs off and stays ACTIVE',
  apply: ({ params: { code } }) => ({ refuse: refusals.fault('identity', code) }),
});
