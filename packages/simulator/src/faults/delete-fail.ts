import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** A delete is refused. */
export const deleteFail = defineFault({
  name: 'delete.fail',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.delete'],
  params: z.strictObject({
    code: z
      .union([z.literal(409), z.literal(500), z.literal(503)])
      .default(500)
      .describe('status'),
  }),
  does: 'The delete is refused, and nothing is done; how often is said by `times`.',
  imitates: 'a server with a task under way, a fault of the service',
  reaction: 'tries again with backoff; never ERROR',
  apply: ({ params: { code } }) => ({ refuse: code === 409 ? refusals.serverBusy() : refusals.fault('nova', code) }),
});
