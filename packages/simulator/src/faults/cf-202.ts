import { z } from 'zod';
import { defineFault } from './fault.ts';

/** An event is accepted with 202. */
export const cf202 = defineFault({
  name: 'cf.202',
  group: 'feeds',
  phase: 'during_body',
  ops: ['event.publish'],
  params: z.strictObject({}),
  does: 'Publishing an event answers 202 instead of 201; the event is published.',
  imitates: 'drift of the API',
  reaction: 'takes it for not surely published, as documented: only 201 is',
  apply: ({ call }) => (call.refusal === undefined ? { wire: { status: 202 } } : undefined),
});
