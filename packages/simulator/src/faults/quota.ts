import { z } from 'zod';
import { quotaResources } from '../world/quota.ts';
import type { Fault } from './fault.ts';

const params = z.strictObject({ resource: z.enum(quotaResources), limit: z.int().min(0) });

/** The account may take only so much of a resource: a create beyond it is refused with 403. Imitates a quota that somebody lowered (CATC-025). */
export const quota: Fault<z.output<typeof params>> = {
  name: 'quota',
  phase: 'before_validate',
  ops: ['server.create'],
  params,
  apply: ({ params: { resource, limit } }) => ({ limits: { quota: { [resource]: limit } } }),
};
