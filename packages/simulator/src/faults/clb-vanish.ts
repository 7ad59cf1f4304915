import { milliseconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';
import { clbCalls, onLoadBalancer } from './on-load-balancer.ts';

/** A load balancer is deleted right before the call arrives. */
export const clbVanish = defineFault({
  name: 'clb.vanish',
  group: 'balancers',
  phase: 'before_validate',
  ops: clbCalls,
  params: z.strictObject({ pending: durationSchema.default(milliseconds(0)).describe('how long it is PENDING_DELETE first') }),
  does: 'The load balancer that the call names is deleted right before the call arrives: between list and nodes, or before a write. Which, is said by `op`.',
  imitates: 'a user who deletes it in the middle of a pass (CATC-020)',
  reaction: 'ERROR with a sentence when it has servers to put there; success when it only had nodes to remove',
  apply: ({ params: { pending }, call }) => onLoadBalancer(call, (all, record) => all.delete(record, 'outsider', pending)),
});
