import { z } from 'zod';
import type { Fault } from './fault.ts';

const params = z.strictObject({});

/** A delete is accepted (204), and nothing happens. Imitates deletes of building servers that Nova forgot. */
export const deleteIgnored: Fault<z.output<typeof params>> = {
  name: 'delete.ignored',
  phase: 'before_commit',
  ops: ['server.delete'],
  params,
  apply: () => ({ deletion: { ignored: true } }),
};
