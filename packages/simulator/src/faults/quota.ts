import { z } from 'zod';
import { quotaResources } from '../world/quota.ts';
import { defineFault } from './fault.ts';

/** The account may take only so much of a resource. */
export const quota = defineFault({
  name: 'quota',
  group: 'limits',
  phase: 'before_validate',
  ops: ['server.create'],
  params: z.strictObject({
    resource: z.enum(quotaResources).describe('of what; two rules together name both in one text'),
    limit: z.int().min(0).describe('servers, cores, or megabytes of memory'),
    used: z.int().min(0).optional().describe('how much is said to be used already; absent: what truly is'),
  }),
  does: 'A create beyond the limit is refused with 403 "Quota exceeded for ...".',
  imitates: 'a quota that somebody lowered (CATC-025)',
  reaction: 'ERROR with the text; creates again after a command once it is raised',
  apply: ({ params: { resource, limit, used } }) => ({
    limits: { quota: { [resource]: limit }, ...(used === undefined ? {} : { used: { [resource]: used } }) },
  }),
});
