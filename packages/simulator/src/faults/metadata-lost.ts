import { milliseconds, ownershipPrefixes } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** A server loses metadata. */
export const metadataLost = defineFault({
  name: 'metadata.lost',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({
    keys: z
      .array(z.string().min(1))
      .min(1)
      .default([...ownershipPrefixes])
      .describe("keys, or what they start with; those unless given by which a server is a group's"),
    after: durationSchema.default(milliseconds(0)).describe('from the create being accepted'),
  }),
  does: 'The server loses these items.',
  imitates: 'a tenant or a tool that replaces the metadata of servers as a whole (CATC-017)',
  reaction: "takes a server without its mark for nobody's, leaves it alone, and replaces it",
  apply: ({ params: { keys, after } }) => ({ fate: { losesMetadata: { prefixes: keys, after } } }),
});
