import { seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** A node comes ONLINE and goes OFFLINE, again and again. */
export const healthFlap = defineFault({
  name: 'health.flap',
  group: 'balancers',
  phase: 'before_commit',
  ops: ['node.add'],
  params: z.strictObject({
    period: durationSchema
      .refine((period) => period > 0, { error: 'is zero' })
      .default(seconds(30))
      .describe('how long it is ONLINE, and OFFLINE, each time'),
  }),
  does: 'Nodes that the call adds come ONLINE under a health monitor, go OFFLINE, and so on.',
  imitates: 'an application at its limits',
  reaction: 'neither replaces the server nor writes to the load balancer with each turn',
  apply: ({ params: { period } }) => ({ nodeFate: { flaps: period } }),
});
