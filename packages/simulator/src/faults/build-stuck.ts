import { z } from 'zod';
import { defineFault } from './fault.ts';

/** A server stays in BUILD. */
export const buildStuck = defineFault({
  name: 'build.stuck',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({ progress: z.int().min(0).max(99).default(0).describe('per cent that it shows') }),
  does: 'The server stays in BUILD for ever, at so many per cent, until somebody deletes it.',
  imitates: 'a build that its hypervisor lost: seven of 300 (CATC-010)',
  reaction: 'counts it until the build timeout, then deletes and replaces it',
  apply: ({ params: { progress } }) => ({ fate: { builtAs: 'never', progress } }),
});
