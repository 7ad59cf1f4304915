import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { defineFault, drawKeys } from './fault.ts';
import { spanSchema } from './span.ts';

/** A build takes so long. */
export const buildTime = defineFault({
  name: 'build.time',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({ takes: spanSchema.describe('from the create being accepted') }),
  does: 'The build of the server takes so long.',
  imitates: 'huge images, of more than an hour; a busy cloud',
  reaction: 'waits up to the build timeout, then deletes and replaces',
  apply: ({ params: { takes }, call, random }) => ({ fate: { buildTime: drawDuration(takes, random, ...drawKeys(call), 'build') } }),
});
