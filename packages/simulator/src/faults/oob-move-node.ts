import type { LoadBalancerId } from '@lutra/core';
import { z } from 'zod';
import { outside } from '../world/outside.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';
import { nodesDrawn, whichNodes } from './outsiders.ts';

/** Somebody else moves nodes to another load balancer. */
export const oobMoveNode = defineFault({
  name: 'oob.move_node',
  group: 'actors',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({ ...whichNodes, to: z.string().min(1).describe('id of the load balancer that gets them') }),
  does: 'Nodes are taken off their load balancers and put on another, right before the call arrives; nothing happens where there is none of that id.',
  imitates: 'a user who takes servers for something else for a while',
  reaction: 'puts its servers back where they belong, and takes them off where they do not',
  apply: ({ params, call, random }) => ({
    meddle: (tenant) => {
      const to = tenant.loadBalancers.find(params.to as LoadBalancerId);
      if (to === undefined || to.deletion !== undefined) return;
      for (const { loadBalancer, node } of nodesDrawn(tenant, params, call, random)) {
        if (loadBalancer !== to) outside.moveNode(tenant, loadBalancer, to, node);
      }
    },
  }),
});
