import type { LoadBalancerId, NodeId } from '@lutra/core';
import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault, paramsOf } from './fault.ts';

/** The feed of a node is not there. */
export const feedNode404 = defineFault({
  name: 'feed.node_404',
  group: 'balancers',
  phase: 'before_validate',
  ops: ['load_balancer.get_feed'],
  params: z.strictObject({}),
  does: 'The feed is refused with 404, in XML, though its node is there.',
  imitates: 'a node that goes while its feed is read',
  reaction: 'leaves that node out, and reads on',
  apply: ({ call }) => {
    const { loadBalancerId = '' as LoadBalancerId, about = '' } = paramsOf(call, 'load_balancer.get_feed') ?? {};
    return { refuse: refusals.noSuchNode(loadBalancerId, about as NodeId) };
  },
});
