import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { defineFault, drawKeys } from './fault.ts';
import { spanSchema } from './span.ts';

/** A node takes long to come ONLINE. */
export const healthSlow = defineFault({
  name: 'health.slow',
  group: 'balancers',
  phase: 'before_commit',
  ops: ['node.add'],
  params: z.strictObject({ takes: spanSchema.describe('from the addition to the first good probes') }),
  does: 'Nodes that the call adds take long to come ONLINE under a health monitor.',
  imitates: 'an application that starts slowly',
  reaction: 'waits with the traffic until it is ONLINE',
  apply: ({ params: { takes }, call, random }) => ({ nodeFate: { online: drawDuration(takes, random, ...drawKeys(call), 'health') } }),
});
