import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** A server becomes ACTIVE, and goes to SHUTOFF later. */
export const activeShutoff = defineFault({
  name: 'active.shutoff',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({ after: durationSchema.describe('from becoming ACTIVE') }),
  does: 'The server becomes ACTIVE, and goes to SHUTOFF some time later.',
  imitates: 'a host that was restarted without its guests: five of 300 (CATC-012)',
  reaction: 'takes it off its load balancers, deletes and replaces it',
  apply: ({ params: { after } }) => ({ fate: { failsAfter: after, failsAs: 'SHUTOFF' } }),
});
