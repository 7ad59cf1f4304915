import { z } from 'zod';
import type { Fault } from './fault.ts';

const params = z.strictObject({});

/** A server's build ends in ERROR instead of ACTIVE; it never gets an address. Imitates a failing scheduler or hypervisor (CATC-009). */
export const buildError: Fault<z.output<typeof params>> = {
  name: 'build.error',
  phase: 'before_commit',
  ops: ['server.create'],
  params,
  apply: () => ({ fate: { builtAs: 'ERROR' } }),
};
