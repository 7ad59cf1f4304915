import { seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import type { ServerPage } from '../world/calls.ts';
import { wholeSeconds } from '../world/iso-time.ts';
import { defineFault, paramsOf } from './fault.ts';

/** A listing of changes misses some. */
export const changesSinceWindow = defineFault({
  name: 'changes_since.window',
  group: 'consistency',
  phase: 'after_commit',
  ops: ['server.list'],
  params: z.strictObject({ by: durationSchema.default(seconds(60)).describe('changes younger than this are missing') }),
  does: 'A listing of what changed since an instant misses the youngest changes. Other listings are whole.',
  imitates: 'an index that is written late',
  reaction: 'goes by whole listings',
  apply: ({ params: { by }, call, now }) => {
    if (paramsOf(call, 'server.list')?.filter?.changesSince === undefined) return undefined;
    return {
      alter: (page) => {
        const { servers, ...rest } = page as ServerPage;
        return { ...rest, servers: servers.filter(({ updatedAt }) => wholeSeconds(updatedAt) <= now - by) };
      },
    };
  },
});
