import { milliseconds, ownershipPrefixes } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import type { Fault } from './fault.ts';

const params = z.strictObject({
  /** Keys, or what they start with; default: those by which a server is a group's. */
  keys: z
    .array(z.string().min(1))
    .min(1)
    .default([...ownershipPrefixes]),
  /** From the create being accepted. */
  after: durationSchema.default(milliseconds(0)),
});

/** A server loses metadata. Imitates a tenant or a tool that replaces the metadata of servers as a whole (CATC-017). */
export const metadataLost: Fault<z.output<typeof params>> = {
  name: 'metadata.lost',
  phase: 'before_commit',
  ops: ['server.create'],
  params,
  apply: ({ params: { keys, after } }) => ({ fate: { losesMetadata: { prefixes: keys, after } } }),
};
