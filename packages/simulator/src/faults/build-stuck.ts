import { z } from 'zod';
import type { Fault } from './fault.ts';

const params = z.strictObject({});

/** A server stays in BUILD for ever, at 0 %, until somebody deletes it. Imitates a build that its hypervisor lost (CATC-010). */
export const buildStuck: Fault<z.output<typeof params>> = {
  name: 'build.stuck',
  phase: 'before_commit',
  ops: ['server.create'],
  params,
  apply: () => ({ fate: { builtAs: 'never' } }),
};
