import { milliseconds, seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** Calls beyond a rate are refused. */
export const ratelimit = defineFault({
  name: 'ratelimit',
  group: 'limits',
  phase: 'before_validate',
  params: z.strictObject({
    calls: z.int().min(0).default(0).describe('calls that are let through in each span `per`; all calls of the rule count together'),
    per: durationSchema
      .refine((per) => per > 0, { error: 'is zero' })
      .default(seconds(60))
      .describe('the span'),
    scope: z.enum(['tenant', 'account']).default('tenant').describe('whose calls count together: of each tenant, or of all'),
    retry_after: durationSchema.optional().describe('what a refused caller is told; absent: the rest of the span'),
  }),
  does: 'Calls beyond a rate are refused with 413 `overLimit` and `Retry-After`.',
  imitates:
    'the limiter in front of the services (Repose); published: CLB GET 100, POST 25, PUT 50, DELETE 50 a minute, Nova POST 150 a minute',
  reaction: 'spreads its calls, and stays away for as long as it is told',
  apply: ({ params: { calls, per, scope, retry_after: retryAfter }, call, now, memory }) => {
    const span = Math.floor(now / per);
    const who = scope === 'tenant' ? call.tenantId : '';
    const before = memory.get(`span of ${who}`) === span ? (memory.get(`calls of ${who}`) ?? 0) : 0;
    if (before < calls) {
      memory.set(`span of ${who}`, span);
      memory.set(`calls of ${who}`, before + 1);
      return undefined;
    }
    return { refuse: refusals.rateLimited(retryAfter ?? milliseconds((span + 1) * per - now), now) };
  },
});
