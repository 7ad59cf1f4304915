import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { longestLag } from '../world/published.ts';
import type { Fault } from './fault.ts';

const params = z.strictObject({
  by: durationSchema.refine((by) => by <= longestLag, { error: `is more than ${longestLag / 1000} s` }),
});

/**
 * A listing shows the servers as they were some time ago: new ones are missing, deleted ones are still there, the others look as they
 * did. A server asked for by id is shown as it is. Imitates a replica that is read from and lags behind.
 */
export const listLag: Fault<z.output<typeof params>> = {
  name: 'list.lag',
  phase: 'before_commit',
  ops: ['server.list'],
  params,
  apply: ({ params: { by } }) => ({ view: { behind: by } }),
};
