import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';
import { issuing } from './issuing.ts';

/** Logging in fails a few times. */
export const authFailSeq = defineFault({
  name: 'auth.fail_seq',
  group: 'identity',
  phase: 'before_validate',
  ops: issuing,
  params: z.strictObject({
    codes: z
      .array(z.union([z.literal('ok'), z.literal(401), z.literal(500), z.literal(503)]))
      .min(1)
      .default([500, 401, 'ok'])
      .describe('what one call after another comes to; after the last: as ever'),
  }),
  does: 'One call after another that asks for a token is refused with the next of these statuses.',
  imitates: 'an impersonation service that flaps (CATC-026)',
  reaction: 'logs in again, with backoff; nothing of it shows outside',
  apply: ({ params: { codes }, call, memory }) => {
    const nth = memory.get(call.tenantId) ?? 0;
    memory.set(call.tenantId, nth + 1);
    const code = codes[nth] ?? 'ok';
    if (code === 'ok') return undefined;
    return { refuse: code === 401 ? refusals.noValidToken('identity') : refusals.fault('identity', code) };
  },
});
