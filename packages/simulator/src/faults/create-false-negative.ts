import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** A create is done, and said to have failed. */
export const createFalseNegative = defineFault({
  name: 'create.false_negative',
  group: 'consistency',
  phase: 'after_commit',
  ops: ['server.create'],
  params: z.strictObject({
    code: z
      .union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)])
      .default(500)
      .describe('status'),
  }),
  does: 'The server is created, and the answer says that the service failed.',
  imitates: 'a fault after the commit (CATC-029)',
  reaction: 'counts it as capacity until a look says otherwise; no server too many',
  apply: ({ params: { code } }) => ({ refuse: refusals.fault('nova', code) }),
});
