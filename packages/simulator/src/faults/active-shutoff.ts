import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import type { Fault } from './fault.ts';

const params = z.strictObject({ after: durationSchema });

/** A server becomes ACTIVE, and goes to SHUTOFF `after` that. Imitates a host that was restarted without its guests. */
export const activeShutoff: Fault<z.output<typeof params>> = {
  name: 'active.shutoff',
  phase: 'before_commit',
  ops: ['server.create'],
  params,
  apply: ({ params: { after } }) => ({ fate: { failsAfter: after, failsAs: 'SHUTOFF' } }),
};
