import { z } from 'zod';
import type { Fault } from './fault.ts';

const params = z.strictObject({ nodes: z.int().min(0) });

/** A load balancer takes only so many nodes: additions beyond it are refused with 413 (CATC-015, CATC-019). */
export const clbNodeLimit: Fault<z.output<typeof params>> = {
  name: 'clb.node_limit',
  phase: 'before_validate',
  ops: ['node.add'],
  params,
  apply: ({ params: { nodes } }) => ({ limits: { nodes } }),
};
