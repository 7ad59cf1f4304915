import { milliseconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** A server goes to any status. */
export const statusSet = defineFault({
  name: 'status.set',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({
    status: z.string().min(1).describe('any Nova status, known or not'),
    after: durationSchema.default(milliseconds(0)).describe('from becoming ACTIVE'),
  }),
  does: 'The server becomes ACTIVE, goes to this status, and stays there.',
  imitates: 'migrations and rescues that never end; states that a client does not know',
  reaction: 'deletes what is broken, leaves what its owner suspended, ignores what it does not know',
  apply: ({ params: { status, after } }) => ({ fate: { passes: { status, after, span: undefined } } }),
});
