import { z } from 'zod';
import { outside } from '../world/outside.ts';
import { quotaOf } from '../world/quota.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';
import { loadBalancersThere } from './outsiders.ts';

const limit = z.int().min(0).nullable().optional();

/** The provider changes what an account may take. */
export const limitsChange = defineFault({
  name: 'limits.change',
  group: 'actors',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({
    instances: limit.describe('servers; null: as many as he likes'),
    cores: limit.describe('cores; null: as many as he likes'),
    ram: limit.describe('megabytes of memory; null: as much as he likes'),
    nodes: z.int().min(0).optional().describe('nodes of each load balancer that there is'),
  }),
  does: 'From right before the call on the tenant may take so much; what it has already it keeps.',
  imitates: 'support that raises or lowers the limits of an account',
  reaction: 'ERROR with the text where it is too much; creates again after a command once it is raised',
  apply: ({ params: { nodes, ...quota } }) => ({
    meddle: (tenant) => {
      outside.setQuota(tenant, quotaOf(quota));
      if (nodes === undefined) return;
      for (const loadBalancer of loadBalancersThere(tenant)) outside.setLoadBalancer(tenant, loadBalancer, { nodeLimit: nodes });
    },
  }),
});
