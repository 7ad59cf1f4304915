import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** The token of the service user has ended. */
export const adminTokenExpired = defineFault({
  name: 'admin_token.expired',
  group: 'identity',
  phase: 'before_validate',
  ops: ['token.impersonate', 'token.list_endpoints', 'token.get'],
  params: z.strictObject({}),
  does: 'What a service user asks about others is refused with 401; how often is said by `times`.',
  imitates: 'the end of a token that was given out a day ago',
  reaction: 'logs in as the service user once, for all who wait, and does the call again',
  apply: () => ({ refuse: refusals.noValidToken('identity') }),
});
