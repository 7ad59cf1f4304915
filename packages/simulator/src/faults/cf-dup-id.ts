import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** An event is said to exist. */
export const cfDupId = defineFault({
  name: 'cf.dup_id',
  group: 'feeds',
  phase: 'before_validate',
  ops: ['event.publish'],
  params: z.strictObject({}),
  does: 'Publishing an event is refused with 409, as if one with its id had been published.',
  imitates: 'an event whose first publication was never answered',
  reaction: 'takes it for published',
  apply: ({ call }) => ({ refuse: refusals.eventExists(call.key) }),
});
