import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import type { Fault } from './fault.ts';

const params = z.strictObject({ after: durationSchema });

/** A server becomes ACTIVE, and goes to ERROR `after` that. Imitates the loss of its hardware (CATC-011). */
export const activeError: Fault<z.output<typeof params>> = {
  name: 'active.error',
  phase: 'before_commit',
  ops: ['server.create'],
  params,
  apply: ({ params: { after } }) => ({ fate: { failsAfter: after, failsAs: 'ERROR' } }),
};
