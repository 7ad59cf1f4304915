import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import type { Fault } from './fault.ts';

const params = z.strictObject({ code: z.union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)]).default(500) });

/** A server is created, and the answer says that the service failed (CATC-029). */
export const createFalseNegative: Fault<z.output<typeof params>> = {
  name: 'create.false_negative',
  phase: 'after_commit',
  ops: ['server.create'],
  params,
  apply: ({ params: { code } }) => ({ refuse: refusals.fault('nova', code) }),
};
