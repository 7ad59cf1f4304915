import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { defineFault, drawKeys } from './fault.ts';
import { spanSchema } from './span.ts';

/** Calls take longer. */
export const latency = defineFault({
  name: 'latency',
  group: 'transport',
  phase: 'on_send',
  params: z.strictObject({ by: spanSchema.describe('how much longer than by the pace of the cloud') }),
  does: 'The call takes so much longer: half of it before the cloud acts, half after.',
  imitates: 'a slow control plane',
  reaction: 'waits up to its deadline; other tenants and groups are not held up',
  apply: ({ params: { by }, call, random }) => ({ delay: drawDuration(by, random, ...drawKeys(call), 'latency') }),
});
