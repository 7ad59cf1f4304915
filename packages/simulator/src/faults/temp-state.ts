import { milliseconds, seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** A server is in another status for a while. */
export const tempState = defineFault({
  name: 'temp_state',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({
    status: z
      .enum([
        'REBOOT',
        'HARD_REBOOT',
        'REBUILD',
        'RESIZE',
        'VERIFY_RESIZE',
        'REVERT_RESIZE',
        'MIGRATING',
        'PASSWORD',
        'RESCUE',
        'SUSPENDED',
      ])
      .default('HARD_REBOOT')
      .describe('Nova status'),
    after: durationSchema.default(milliseconds(0)).describe('from becoming ACTIVE'),
    for: durationSchema.default(seconds(60)).describe('how long it stays there before it is ACTIVE again'),
  }),
  does: 'The server becomes ACTIVE, is in this status for a while, and comes back.',
  imitates: 'maintenance: reboots, resizes, migrations',
  reaction: 'waits for it, for a bounded time; replaces nothing meanwhile',
  apply: ({ params }) => ({ fate: { passes: { status: params.status, after: params.after, span: params.for } } }),
});
