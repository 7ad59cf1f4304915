import { seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';
import { clbWrites, onLoadBalancer } from './on-load-balancer.ts';

/** Two writes that overlap break a load balancer. */
export const clbOverlapError = defineFault({
  name: 'clb.overlap_error',
  group: 'balancers',
  phase: 'before_validate',
  ops: clbWrites,
  params: z.strictObject({
    within: durationSchema.default(seconds(1)).describe('a write that arrives so soon after another breaks the load balancer'),
    for: durationSchema.default(seconds(300)).describe('how long it is in ERROR, until the job of the provider repairs it'),
  }),
  does: 'Two writes that arrive so close together leave the load balancer in ERROR; the second is refused.',
  imitates: 'additions and removals in parallel; ten removals at once',
  reaction: 'one writer a load balancer; waits for the repair, asking about once a minute',
  apply: ({ params, call, now, memory }) => {
    const { loadBalancerId = '' } = call.subject();
    const place = `${call.tenantId}/${loadBalancerId}`;
    const before = memory.get(place);
    memory.set(place, now);
    if (before === undefined || now - before >= params.within) return undefined;
    return onLoadBalancer(call, (all, record) => all.force(record, 'ERROR', params.for));
  },
});
