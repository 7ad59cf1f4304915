import { z } from 'zod';
import { defineFault } from './fault.ts';

/** A listing is empty, or ends early. */
export const listEmpty = defineFault({
  name: 'list.empty',
  group: 'consistency',
  phase: 'before_commit',
  ops: ['server.list'],
  params: z.strictObject({
    shown: z.number().min(0).max(1).default(0).describe('part of the servers that is shown all the same, 0 to 1: the newest'),
  }),
  does: 'The listing is empty, or ends early, and looks complete.',
  imitates: 'a page that was cut, a database that answered before it was ready',
  reaction: 'lists again when many are missing at once; unplugs nothing',
  apply: ({ params: { shown } }) => ({ view: { shown } }),
});
