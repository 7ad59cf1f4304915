import { later, seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import type { Access } from '../identity/token.ts';
import { defineFault } from './fault.ts';
import { issuing } from './issuing.ts';

/** The services do not know a fresh token yet. */
export const tokenReplicationLag = defineFault({
  name: 'token.replication_lag',
  group: 'identity',
  phase: 'after_commit',
  ops: issuing,
  params: z.strictObject({ by: durationSchema.default(seconds(5)).describe('how long after it was given out') }),
  does: 'A fresh token is refused by the services with 401 for a while.',
  imitates: 'identity data centres that copy one another',
  reaction: 'waits a little and tries again with the same token; never ERROR',
  apply: ({ params: { by }, now }) => ({
    alter: (access, { identity }) => {
      identity.adjust((access as Access).token.id, { knownFrom: later(now, by) });
      return access;
    },
  }),
});
