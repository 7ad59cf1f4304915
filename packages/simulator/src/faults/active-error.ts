import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** A server becomes ACTIVE, and goes to ERROR later. */
export const activeError = defineFault({
  name: 'active.error',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({ after: durationSchema.describe('from becoming ACTIVE') }),
  does: 'The server becomes ACTIVE, and goes to ERROR some time later.',
  imitates: 'the loss of its hardware (CATC-011)',
  reaction: 'takes it off its load balancers, deletes and replaces it',
  apply: ({ params: { after } }) => ({ fate: { failsAfter: after, failsAs: 'ERROR' } }),
});
