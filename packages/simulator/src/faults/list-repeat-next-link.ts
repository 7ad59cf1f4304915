import { z } from 'zod';
import type { ServerPage } from '../world/calls.ts';
import { defineFault, paramsOf } from './fault.ts';

/** A page links to itself. */
export const listRepeatNextLink = defineFault({
  name: 'list.repeat_next_link',
  group: 'consistency',
  phase: 'after_commit',
  ops: ['server.list'],
  params: z.strictObject({}),
  does: 'The link to the next page leads to the same page, again and again.',
  imitates: 'a bug in paging',
  reaction: 'notices that it was there before, gives up this listing, and tries again later',
  apply: ({ call }) => ({
    alter: (page) => {
      const { marker } = paramsOf(call, 'server.list') ?? {};
      const { servers } = page as ServerPage;
      return { ...(page as ServerPage), next: marker ?? servers.at(-1)?.id };
    },
  }),
});
