import { z } from 'zod';
import type { ServerPage } from '../world/calls.ts';
import { defineFault } from './fault.ts';

/** A listing shows servers twice. */
export const listDuplicateRow = defineFault({
  name: 'list.duplicate_row',
  group: 'consistency',
  phase: 'after_commit',
  ops: ['server.list'],
  params: z.strictObject({ rows: z.int().min(1).default(1).describe('how many, from the newest on') }),
  does: 'A page shows some servers twice.',
  imitates: 'rows that move between pages, joins gone wrong',
  reaction: 'takes each id once',
  apply: ({ params: { rows } }) => ({
    alter: (page) => {
      const { servers, ...rest } = page as ServerPage;
      return { ...rest, servers: [...servers.slice(0, rows), ...servers] };
    },
  }),
});
