import { later, seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import type { Access } from '../identity/token.ts';
import { defineFault } from './fault.ts';
import { issuing } from './issuing.ts';

/** A token ends before its time. */
export const tokenExpireEarly = defineFault({
  name: 'token.expire_early',
  group: 'identity',
  phase: 'after_commit',
  ops: issuing,
  params: z.strictObject({
    after: durationSchema.default(seconds(60)).describe('from being given out; what the answer says of its end stays as it is'),
  }),
  does: 'A token that is given out ends so soon, though it says otherwise.',
  imitates: 'tokens that a service revoked, caches that forgot',
  reaction: 'logs in again at the first 401, and does the call again',
  apply: ({ params: { after }, now }) => ({
    alter: (access, { identity }) => {
      identity.adjust((access as Access).token.id, { expiresAt: later(now, after) });
      return access;
    },
  }),
});
