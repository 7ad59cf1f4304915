import { seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** A server that is deleted shows in other states before it is gone. */
export const deleteShowsActive = defineFault({
  name: 'delete.shows_active',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.delete'],
  params: z.strictObject({
    active: durationSchema.default(seconds(5)).describe('how long one that was in BUILD shows ACTIVE, without a task'),
    deleted: durationSchema.default(seconds(1)).describe('how long it is shown by id as DELETED, and listed no more'),
  }),
  does: 'A server in BUILD shows that it is being deleted, for as long as a delete takes; then ACTIVE, as if nobody had asked for that; then it is DELETED by id; then gone. Others are DELETED by id before they are gone.',
  imitates: 'what Nova does: the build that was broken off saves its end while the network is freed',
  reaction: 'never counts a server again that it deleted; takes DELETED for gone',
  apply: ({ params: { active, deleted } }) => ({ deletion: { lastShows: { active, deleted } } }),
});
