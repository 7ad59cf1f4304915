import { z } from 'zod';
import { defineFault } from './fault.ts';

/** A node stays OFFLINE. */
export const healthNeverOnline = defineFault({
  name: 'health.never_online',
  group: 'balancers',
  phase: 'before_commit',
  ops: ['node.add'],
  params: z.strictObject({}),
  does: 'Nodes that the call adds stay OFFLINE under a health monitor, though their servers are ACTIVE.',
  imitates: 'an application that does not come up',
  reaction: 'sends it no traffic; after the offline timeout ERROR, with the node',
  apply: () => ({ nodeFate: { online: 'never' } }),
});
