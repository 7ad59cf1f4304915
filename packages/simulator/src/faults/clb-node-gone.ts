import { z } from 'zod';
import { defineFault } from './fault.ts';
import { onLoadBalancer } from './on-load-balancer.ts';

/** Nodes are removed by somebody else first. */
export const clbNodeGone = defineFault({
  name: 'clb.node_gone',
  group: 'balancers',
  phase: 'before_validate',
  ops: ['node.change', 'node.remove'],
  params: z.strictObject({
    which: z.enum(['one', 'all']).default('all').describe('of those that the call names: the first, or every one'),
  }),
  does: 'Somebody removes nodes that the call names right before it arrives: a removal is refused with 400 "Node ids ... are not a part of your loadbalancer", a change with 404.',
  imitates: 'a user who cleans up at the same time',
  reaction: 'removes the others; nothing left to remove is success',
  apply: ({ params: { which }, call }) =>
    onLoadBalancer(call, (all, record) => {
      const named = (call.subject().nodeIds ?? []).map((id) => record.nodes.get(id)).filter((node) => node !== undefined);
      all.removeNodes(record, which === 'one' ? named.slice(0, 1) : named, 'outsider');
    }),
});
