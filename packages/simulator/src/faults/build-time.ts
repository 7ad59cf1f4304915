import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { drawKeys, type Fault } from './fault.ts';
import { spanSchema } from './span.ts';

const params = z.strictObject({ takes: spanSchema });

/** A server's build takes so long. Imitates huge images and a busy cloud. */
export const buildTime: Fault<z.output<typeof params>> = {
  name: 'build.time',
  phase: 'before_commit',
  ops: ['server.create'],
  params,
  apply: ({ params: { takes }, call, random }) => ({ fate: { buildTime: drawDuration(takes, random, ...drawKeys(call)) } }),
};
