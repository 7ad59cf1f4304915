import { seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** A connection is tried for, and never comes about. */
export const connectTimeout = defineFault({
  name: 'connect.timeout',
  group: 'transport',
  phase: 'on_send',
  params: z.strictObject({ after: durationSchema.default(seconds(5)).describe('when the attempt is over') }),
  does: 'No connection comes about until `after`; nothing is done. Over HTTP: silence, then a reset.',
  imitates: 'a firewall that drops packets, a machine that is gone',
  reaction: 'tries again with backoff; holds no other call up meanwhile',
  apply: ({ params: { after } }) => ({ refuse: refusals.unreachable('connection timed out'), delayThere: after }),
});
