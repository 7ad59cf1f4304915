import { milliseconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** Somebody sets metadata of a server. */
export const metadataEdited = defineFault({
  name: 'metadata.edited',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({
    set: z.record(z.string().min(1), z.string()).describe('items that are set'),
    after: durationSchema.default(milliseconds(0)).describe('from the create being accepted'),
  }),
  does: 'Somebody sets these items of the server.',
  imitates: 'a user who changes what a server says of itself (CATC-018)',
  reaction: 'goes by what the server says now; leaves items that are not its own as they are',
  apply: ({ params: { set, after } }) => ({ fate: { getsMetadata: { items: set, after } } }),
});
