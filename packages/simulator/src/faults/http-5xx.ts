import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { refusals } from '../world/refusal.ts';
import type { Fault } from './fault.ts';
import { serviceOf } from './service.ts';

const params = z.strictObject({
  code: z.union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)]).default(500),
  /** Says when to come back. */
  retryAfter: durationSchema.optional(),
});

/** The service fails before it has done anything; the caller cannot know that (CATC-024). 503 with `retryAfter`: it is being repaired. */
export const http5xx: Fault<z.output<typeof params>> = {
  name: 'http.5xx',
  phase: 'before_validate',
  params,
  apply: ({ params: { code, retryAfter }, call }) => ({ refuse: refusals.fault(serviceOf(call.op), code, retryAfter) }),
};
