import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** Addresses come late. */
export const ipLate = defineFault({
  name: 'ip.late',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({ by: durationSchema.describe('how long after ACTIVE') }),
  does: 'The server is ACTIVE for a while before it has any address.',
  imitates: 'slow networking',
  reaction: 'waits with its nodes until there is an address; does not take the server for broken',
  apply: ({ params: { by } }) => ({ fate: { addressLate: by } }),
});
