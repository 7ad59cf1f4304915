import { z } from 'zod';
import type { ServerPage } from '../world/calls.ts';
import { defineFault } from './fault.ts';

/** The last page links to an empty one. */
export const listExtraEmptyPage = defineFault({
  name: 'list.extra_empty_page',
  group: 'consistency',
  phase: 'after_commit',
  ops: ['server.list'],
  params: z.strictObject({}),
  does: 'The last page has a link to one more, which is empty.',
  imitates: 'real Nova, when the number of servers is a multiple of the page size',
  reaction: 'takes the empty page for the end',
  apply: () => ({
    alter: (page) => {
      const { servers, next } = page as ServerPage;
      return { ...(page as ServerPage), next: next ?? servers.at(-1)?.id };
    },
  }),
});
