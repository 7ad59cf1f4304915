import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { drawKeys, type Fault } from './fault.ts';
import { spanSchema } from './span.ts';

const params = z.strictObject({
  takes: spanSchema,
  /** Whether the server shows `task_state` deleting meanwhile. */
  shown: z.boolean().default(true),
});

/** A server that is deleted is still there for long; `shown: false`: and looks as if nothing had happened. Imitates deletes of 15 minutes and more. */
export const deleteSlow: Fault<z.output<typeof params>> = {
  name: 'delete.slow',
  phase: 'before_commit',
  ops: ['server.delete'],
  params,
  apply: ({ params: { takes, shown }, call, random }) => ({
    deletion: { takes: drawDuration(takes, random, ...drawKeys(call)), shown },
  }),
};
