import { seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';
import { clbCalls, onLoadBalancer } from './on-load-balancer.ts';

/** A broken load balancer is repaired some time after it broke. */
export const clbErrorResync = defineFault({
  name: 'clb.error_resync',
  group: 'balancers',
  phase: 'before_validate',
  ops: clbCalls,
  params: z.strictObject({ after: durationSchema.default(seconds(300)).describe('from when it broke') }),
  does: 'A load balancer in ERROR, once somebody asks for it, turns out to have been repaired so long after it broke, if that is sooner than it would have been.',
  imitates: 'the job of the provider that repairs load balancers every five minutes',
  reaction: 'goes on as if nothing had been',
  apply: ({ params: { after }, call }) => onLoadBalancer(call, (all, record) => all.repairAfter(record, after)),
});
