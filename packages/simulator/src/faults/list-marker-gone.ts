import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault, paramsOf } from './fault.ts';

/** The next page cannot be found. */
export const listMarkerGone = defineFault({
  name: 'list.marker_gone',
  group: 'consistency',
  phase: 'before_validate',
  ops: ['server.list'],
  params: z.strictObject({}),
  does: 'A page after the first is refused with 400 "marker [x] not found".',
  imitates: 'the server at the end of a page being deleted before the next is asked for',
  reaction: 'begins the listing anew; an aborted listing is not the truth',
  apply: ({ call }) => {
    const { marker } = paramsOf(call, 'server.list') ?? {};
    return marker === undefined ? undefined : { refuse: refusals.badRequest(`marker [${marker}] not found`) };
  },
});
