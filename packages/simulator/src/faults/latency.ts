import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { drawKeys, type Fault } from './fault.ts';
import { spanSchema } from './span.ts';

const params = z.strictObject({ by: spanSchema });

/** Calls take so much longer: half of it before the cloud acts, half after. Imitates a busy control plane. */
export const latency: Fault<z.output<typeof params>> = {
  name: 'latency',
  phase: 'on_send',
  params,
  apply: ({ params: { by }, call, random }) => ({ delay: drawDuration(by, random, ...drawKeys(call)) }),
};
