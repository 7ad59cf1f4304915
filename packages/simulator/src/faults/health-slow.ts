import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { drawKeys, type Fault } from './fault.ts';
import { spanSchema } from './span.ts';

const params = z.strictObject({ takes: spanSchema });

/** A node takes long to come ONLINE under a health monitor. Imitates an application that starts slowly. */
export const healthSlow: Fault<z.output<typeof params>> = {
  name: 'health.slow',
  phase: 'before_commit',
  ops: ['node.add'],
  params,
  apply: ({ params: { takes }, call, random }) => ({ nodeFate: { online: drawDuration(takes, random, ...drawKeys(call)) } }),
};
