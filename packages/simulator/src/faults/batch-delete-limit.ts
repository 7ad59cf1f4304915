import { z } from 'zod';
import { idsPerRemoval } from '../world/catalogue.ts';
import { defineFault } from './fault.ts';

/** A bulk removal takes only so many ids. */
export const batchDeleteLimit = defineFault({
  name: 'batch_delete_limit',
  group: 'limits',
  phase: 'before_validate',
  ops: ['node.remove'],
  params: z.strictObject({
    ids: z.int().min(1).max(idsPerRemoval).default(idsPerRemoval).describe('at most; more than that the cloud never takes'),
  }),
  does: 'Removals of more nodes at once are refused with 400, and nothing is removed.',
  imitates: 'the documented limit of 10 ids, or a lower one',
  reaction: 'removes the rest in further calls',
  apply: ({ params: { ids } }) => ({ limits: { idsPerRemoval: ids } }),
});
