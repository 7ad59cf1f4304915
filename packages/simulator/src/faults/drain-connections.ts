import { seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';
import { onLoadBalancer } from './on-load-balancer.ts';

/** Nodes tell how many connections they have. */
export const drainConnections = defineFault({
  name: 'drain.connections',
  group: 'balancers',
  phase: 'before_commit',
  ops: ['node.list', 'load_balancer.get'],
  params: z.strictObject({
    each: z.int().min(0).default(40).describe('connections of a node in rotation'),
    gone: durationSchema.default(seconds(120)).describe('so long after draining began the last of them has ended'),
  }),
  does: 'The load balancer tells the connections of its nodes from now on; those of a node that drains grow fewer, in a straight line.',
  imitates: 'long downloads, sockets that stay open',
  reaction: 'lets a node go once it has none, or when the draining timeout is over',
  apply: ({ params, call }) =>
    onLoadBalancer(call, (all, record) => all.set(record, { connections: { each: params.each, gone: params.gone } })),
});
