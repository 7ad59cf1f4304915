import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { defineFault, drawKeys } from './fault.ts';
import { spanSchema } from './span.ts';

/** A server that is deleted is still there for long. */
export const deleteSlow = defineFault({
  name: 'delete.slow',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.delete'],
  params: z.strictObject({
    takes: spanSchema.describe('from the delete being accepted to the server being gone'),
    shown: z
      .boolean()
      .default(true)
      .describe('whether it shows `task_state` deleting meanwhile; otherwise null, as if nothing had happened'),
  }),
  does: 'The server is deleted only after so long.',
  imitates: 'deletes of 15 minutes and more, some without any sign',
  reaction: 'does not count it any more, asks again with backoff, never deletes another in its place',
  apply: ({ params: { takes, shown }, call, random }) => ({
    deletion: { takes: drawDuration(takes, random, ...drawKeys(call), 'delete'), shown },
  }),
});
