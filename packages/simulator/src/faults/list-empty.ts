import { z } from 'zod';
import type { Fault } from './fault.ts';

const params = z.strictObject({
  /** The part of the servers that is shown all the same, 0..1: the newest. */
  shown: z.number().min(0).max(1).default(0),
});

/** A listing is empty, or ends early, and looks complete. Imitates a page that was cut, or a database that answered before it was ready. */
export const listEmpty: Fault<z.output<typeof params>> = {
  name: 'list.empty',
  phase: 'before_commit',
  ops: ['server.list'],
  params,
  apply: ({ params: { shown } }) => ({ view: { shown } }),
};
