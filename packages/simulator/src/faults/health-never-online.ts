import { z } from 'zod';
import type { Fault } from './fault.ts';

const params = z.strictObject({});

/** A node stays OFFLINE under a health monitor, though its server is ACTIVE. Imitates an application that does not come up. */
export const healthNeverOnline: Fault<z.output<typeof params>> = {
  name: 'health.never_online',
  phase: 'before_commit',
  ops: ['node.add'],
  params,
  apply: () => ({ nodeFate: { online: 'never' } }),
};
