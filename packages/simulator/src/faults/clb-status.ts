import { seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';
import { clbCalls, onLoadBalancer } from './on-load-balancer.ts';

/** A load balancer is in a status in which it takes no writes. */
export const clbStatus = defineFault({
  name: 'clb.status',
  group: 'balancers',
  phase: 'before_validate',
  ops: clbCalls,
  params: z.strictObject({
    status: z
      .enum(['BUILD', 'PENDING_UPDATE', 'ERROR', 'SUSPENDED', 'PENDING_DELETE', 'DELETED'])
      .default('ERROR')
      .describe('CLB status; each operation refuses it in its own words'),
    for: durationSchema.default(seconds(300)).describe('how long; PENDING_DELETE ends in DELETED, and DELETED lasts'),
  }),
  does: 'The load balancer that the call names is in this status from now on.',
  imitates: 'load balancers that break, are suspended, or are deleted by their owner (CATC-020, CATC-023)',
  reaction: 'waits for what passes; ERROR with a sentence for what does not, unless it was only removing nodes',
  apply: ({ params, call }) =>
    onLoadBalancer(call, (all, record) => {
      if (params.status === 'DELETED') all.delete(record, 'outsider');
      else if (params.status === 'PENDING_DELETE') all.delete(record, 'outsider', params.for);
      else all.force(record, params.status, params.for);
    }),
});
