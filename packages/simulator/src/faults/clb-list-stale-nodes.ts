import { epochMs, type Node } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import type { LoadBalancerDetail } from '../world/clb-calls.ts';
import { nodesAt } from '../world/past-nodes.ts';
import { longestLag } from '../world/published.ts';
import { defineFault } from './fault.ts';
import { onLoadBalancer } from './on-load-balancer.ts';

/** Nodes are listed as they were. */
export const clbListStaleNodes = defineFault({
  name: 'clb.list_stale_nodes',
  group: 'balancers',
  phase: 'after_commit',
  ops: ['node.list', 'load_balancer.get'],
  params: z.strictObject({
    by: durationSchema
      .refine((by) => by <= longestLag, { error: `is more than ${longestLag / 1000} s` })
      .describe('how old what it shows is; 10 min at most'),
  }),
  does: 'The nodes are listed as they were: removed ones are still there, added ones are not yet.',
  imitates: 'reads that lag behind an accepted write',
  reaction: 'takes "no part of your load balancer" for removed and "duplicate" for added; does not plan the same write for ever',
  apply: ({ params: { by }, call, now }) => {
    const shown: { nodes?: readonly Node[] } = {};
    const looked = onLoadBalancer(call, (all, record) => {
      shown.nodes = nodesAt(record, epochMs(now - by)).map((node) => all.show(record, node));
    });
    return looked && { ...looked, alter: (answer) => withNodes(answer as readonly Node[] | LoadBalancerDetail, shown.nodes) };
  },
});

/** The answer with other nodes: a list of them, or a load balancer with all that it has. */
function withNodes(answer: readonly Node[] | LoadBalancerDetail, nodes: readonly Node[] | undefined): readonly Node[] | LoadBalancerDetail {
  if (nodes === undefined) return answer;
  return 'nodes' in answer ? { ...answer, nodes } : nodes;
}
