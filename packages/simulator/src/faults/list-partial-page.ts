import { z } from 'zod';
import type { ServerPage } from '../world/calls.ts';
import { defineFault } from './fault.ts';

/** A page has fewer rows than it could. */
export const listPartialPage = defineFault({
  name: 'list.partial_page',
  group: 'consistency',
  phase: 'after_commit',
  ops: ['server.list'],
  params: z.strictObject({ rows: z.int().min(1).default(1).describe('so many at most') }),
  does: 'A page has fewer servers than were asked for and are there, with a link to the rest.',
  imitates: 'a limit of the service below that of the caller; a cell that was slow',
  reaction: 'goes by the link, not by the number of rows',
  apply: ({ params: { rows } }) => ({ alter: (page) => firstRows(page as ServerPage, rows) }),
});

/** The page, cut after so many rows; the next one goes on from there. */
function firstRows(page: ServerPage, rows: number): ServerPage {
  if (page.servers.length <= rows) return page;
  const servers = page.servers.slice(0, rows);
  return { ...page, servers, next: servers.at(-1)?.id as ServerPage['next'] };
}
