import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault, paramsOf } from './fault.ts';

/** Identity does not know a tenant. */
export const mossoUnknownTenant = defineFault({
  name: 'mosso.unknown_tenant',
  group: 'identity',
  phase: 'before_validate',
  ops: ['user.get_of_tenant'],
  params: z.strictObject({}),
  does: 'Who asks whose account a tenant is gets 404.',
  imitates: 'a tenant that was closed, or made a moment ago',
  reaction: 'says so for this tenant alone; does not log in anew',
  apply: ({ call }) => ({ refuse: refusals.noSuchUser(paramsOf(call, 'user.get_of_tenant')?.tenant ?? '') }),
});
