import { z } from 'zod';
import type { ServerPage } from '../world/calls.ts';
import { defineFault } from './fault.ts';

/** A page does not link to the next one. */
export const listNoNextLink = defineFault({
  name: 'list.no_next_link',
  group: 'consistency',
  phase: 'after_commit',
  ops: ['server.list'],
  params: z.strictObject({ rows: z.int().min(1).optional().describe('the page ends after so many; absent: it is whole') }),
  does: 'A page that has a next one does not say so.',
  imitates: 'a bug in paging: the rest of the servers is out of sight',
  reaction: 'as for any server that a listing does not show: asks for it by id',
  apply: ({ params: { rows } }) => ({
    alter: (page) => {
      const { servers, ...rest } = page as ServerPage;
      return { ...rest, servers: servers.slice(0, rows), next: undefined };
    },
  }),
});
