import { milliseconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { outside } from '../world/outside.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';
import { loadBalancersDrawn, loadBalancersThere } from './outsiders.ts';

/** Somebody else deletes a load balancer. */
export const oobDeleteLb = defineFault({
  name: 'oob.delete_lb',
  group: 'actors',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({
    load_balancer: z.string().min(1).optional().describe('its id; absent: one of the tenant, by lot'),
    pending: durationSchema.default(milliseconds(0)).describe('how long it is PENDING_DELETE first'),
  }),
  does: 'A load balancer of the tenant is deleted right before the call arrives, whatever the call is about.',
  imitates: 'a user who tidies up (CATC-020, CATC-023)',
  reaction: 'ERROR with a sentence when it has servers to put there; success when it only had nodes to remove',
  apply: ({ params: { load_balancer: id, pending }, call, random }) => ({
    meddle: (tenant) => {
      const those =
        id === undefined ? loadBalancersDrawn(tenant, 1, call, random) : loadBalancersThere(tenant).filter((one) => one.id === id);
      for (const loadBalancer of those) outside.deleteLoadBalancer(tenant, loadBalancer, pending);
    },
  }),
});
