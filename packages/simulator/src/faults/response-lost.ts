import { z } from 'zod';
import type { Fault } from './fault.ts';

const params = z.strictObject({ mode: z.enum(['reset', 'timeout']).default('reset') });

/**
 * The cloud did the work, but its answer never reaches the caller: the connection is reset, or (`mode: timeout`) nothing comes until
 * the caller gives up. Imitates a proxy that breaks after the commit (CATC-029).
 */
export const responseLost: Fault<z.output<typeof params>> = {
  name: 'response.lost',
  phase: 'after_commit',
  params,
  apply: ({ params: { mode } }) => ({ answer: mode === 'reset' ? 'lost' : 'never' }),
};
