import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** The account may have only so many load balancers. */
export const clbLbLimit = defineFault({
  name: 'clb.lb_limit',
  group: 'limits',
  phase: 'before_validate',
  ops: ['load_balancer.create'],
  params: z.strictObject({ loadBalancers: z.int().min(0).default(25).describe('at most') }),
  does: 'Another load balancer is refused with 413.',
  imitates: 'the limit of 25 load balancers an account',
  reaction: 'says so to whoever asked; nothing to retry',
  apply: ({ params: { loadBalancers }, call }) =>
    call.states().loadBalancers() >= loadBalancers ? { refuse: refusals.loadBalancerLimit(loadBalancers) } : undefined,
});
