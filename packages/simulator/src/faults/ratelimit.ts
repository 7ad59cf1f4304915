import { milliseconds, seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { refusals } from '../world/refusal.ts';
import type { Fault } from './fault.ts';

const params = z.strictObject({
  /** Calls of one tenant that are let through in each span `per`. */
  calls: z.int().min(0).default(0),
  per: durationSchema.refine((per) => per > 0, { error: 'is zero' }).default(seconds(60)),
  /** What a refused caller is told; default: the rest of the span. */
  retryAfter: durationSchema.optional(),
});

/** Calls beyond a rate are refused with 413 and `Retry-After`. Imitates the limiter in front of the services (Repose); all calls of a rule count together. */
export const ratelimit: Fault<z.output<typeof params>> = {
  name: 'ratelimit',
  phase: 'before_validate',
  params,
  apply: ({ params: { calls, per, retryAfter }, call, now, memory }) => {
    const span = Math.floor(now / per);
    const counted = `${call.tenantId}/${span}`;
    const before = memory.get(counted) ?? 0;
    if (before < calls) {
      memory.delete(`${call.tenantId}/${span - 1}`);
      memory.set(counted, before + 1);
      return undefined;
    }
    return { refuse: refusals.rateLimited(retryAfter ?? milliseconds((span + 1) * per - now)) };
  },
};
