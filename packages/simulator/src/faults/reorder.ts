import { seconds } from '@lutra/core';
import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { defineFault, drawKeys } from './fault.ts';
import { spanSchema } from './span.ts';

/** A call is held up on its way, so that later ones overtake it. */
export const reorder = defineFault({
  name: 'reorder',
  group: 'transport',
  phase: 'on_send',
  params: z.strictObject({
    window: spanSchema
      .default({ kind: 'uniform', least: seconds(0), most: seconds(5) })
      .describe('how long it is held; 0 to 5 s unless given'),
  }),
  does: 'The call is held on its way to the cloud; calls that were sent after it arrive before it.',
  imitates: 'two ways to one service, of which one is slow',
  reaction: 'writes to one thing one after another; after the next look its last intention holds',
  apply: ({ params: { window }, call, random }) => ({ delayThere: drawDuration(window, random, ...drawKeys(call), 'reorder') }),
});
