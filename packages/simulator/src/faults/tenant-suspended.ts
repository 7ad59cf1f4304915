import { z } from 'zod';
import type { OperationName } from '../world/calls.ts';
import { serviceOf } from '../world/operation-names.ts';
import { refusals } from '../world/refusal.ts';
import { withCatalog } from './catalogs.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';

/** Calls of identity whose answer has a catalog. */
const withCatalogs = ['token.create', 'token.impersonate', 'token.get', 'token.list_endpoints'] as const satisfies readonly OperationName[];

/** The tenant's account is suspended. */
export const tenantSuspended = defineFault({
  name: 'tenant.suspended',
  group: 'actors',
  phase: 'before_validate',
  ops: [...serviceCalls, ...withCatalogs],
  params: z.strictObject({}),
  does: 'The services of this cloud are not there for this account: its users still log in, but find none of them in their catalog, and a call to one all the same is refused with 403.',
  imitates: 'an account that was suspended for want of payment',
  reaction: 'ERROR, with the sentence that asks whether the account is still active; goes on after a command once it is',
  apply: ({ call: { op } }) => {
    const service = serviceOf(op);
    if (service !== 'identity') return { refuse: refusals.suspended(service) };
    return { alter: (value) => withCatalog(value, (catalog) => catalog.filter(({ at }) => at !== 'cloud')) };
  },
});
