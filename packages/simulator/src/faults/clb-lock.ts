import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { defineFault, drawKeys } from './fault.ts';
import { clbWrites, onLoadBalancer } from './on-load-balancer.ts';
import { spanSchema } from './span.ts';

/** A write locks its load balancer for so long. */
export const clbLock = defineFault({
  name: 'clb.lock',
  group: 'balancers',
  phase: 'after_commit',
  ops: clbWrites,
  params: z.strictObject({
    takes: spanSchema.describe('how long it is PENDING_UPDATE; the pace of the cloud says so otherwise, and it always is'),
  }),
  does: 'A write leaves its load balancer in PENDING_UPDATE for so long; meanwhile it takes no other.',
  imitates: 'load balancers that take their time',
  reaction: 'one write a load balancer at a time; waits for the lock to go, without ERROR and without hammering',
  apply: ({ params: { takes }, call, random }) =>
    onLoadBalancer(call, (all, record) => all.lockFor(record, drawDuration(takes, random, ...drawKeys(call), 'lock'))),
});
