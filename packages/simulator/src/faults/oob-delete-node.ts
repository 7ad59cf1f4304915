import { z } from 'zod';
import { outside } from '../world/outside.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';
import { nodesDrawn, whichNodes } from './outsiders.ts';

/** Somebody else removes nodes. */
export const oobDeleteNode = defineFault({
  name: 'oob.delete_node',
  group: 'actors',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject(whichNodes),
  does: 'Nodes are removed from their load balancers right before the call arrives.',
  imitates: 'users and other tools that edit load balancers by hand',
  reaction: 'adds the nodes of its servers again; leaves those of others as they are',
  apply: ({ params, call, random }) => ({
    meddle: (tenant) => {
      for (const { loadBalancer, node } of nodesDrawn(tenant, params, call, random)) outside.removeNode(tenant, loadBalancer, node);
    },
  }),
});
