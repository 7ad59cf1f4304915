import { z } from 'zod';
import { defineFault } from './fault.ts';

/** A delete is accepted, and nothing happens. */
export const deleteIgnored = defineFault({
  name: 'delete.ignored',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.delete'],
  params: z.strictObject({}),
  does: 'The delete is accepted (204), and nothing happens.',
  imitates: 'deletes of building servers that Nova forgot',
  reaction: 'looks whether the server goes, and deletes it again',
  apply: () => ({ deletion: { ignored: true } }),
});
