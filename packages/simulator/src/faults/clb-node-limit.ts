import { z } from 'zod';
import { defineFault } from './fault.ts';

/** A load balancer takes only so many nodes. */
export const clbNodeLimit = defineFault({
  name: 'clb.node_limit',
  group: 'limits',
  phase: 'before_validate',
  ops: ['node.add'],
  params: z.strictObject({ nodes: z.int().min(0).describe('at most') }),
  does: 'Additions beyond it are refused with 413 "Nodes must not exceed ... per load balancer."',
  imitates: 'the limit of 25 nodes, reached while a dead node is still listed (CATC-015, CATC-019)',
  reaction: 'ERROR with the number; keeps the servers; tells this 413 from that of the limiter',
  apply: ({ params: { nodes } }) => ({ limits: { nodes } }),
});
