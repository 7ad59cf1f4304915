import { z } from 'zod';
import { defineFault } from './fault.ts';

/** A create makes two servers. */
export const createDuplicate = defineFault({
  name: 'create.duplicate',
  group: 'consistency',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({}),
  does: 'Two servers are created with one name and one set of metadata; the answer names the first.',
  imitates: 'a scheduler that retried',
  reaction: 'trims the one too many once it shows',
  apply: () => ({ again: true }),
});
