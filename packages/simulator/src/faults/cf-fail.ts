import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** An event is refused. */
export const cfFail = defineFault({
  name: 'cf.fail',
  group: 'feeds',
  phase: 'before_validate',
  ops: ['event.publish'],
  params: z.strictObject({
    code: z
      .union([z.literal(400), z.literal(401), z.literal(500), z.literal(503)])
      .default(500)
      .describe('status'),
  }),
  does: 'Publishing an event is refused with this status.',
  imitates: 'faults of Cloud Feeds',
  reaction: 'never blocks convergence; tries 5xx again, 4xx never; keeps the event',
  apply: ({ params: { code } }) => ({
    refuse: code === 400 ? refusals.badEvent('Bad event.') : code === 401 ? refusals.noValidToken('feeds') : refusals.fault('feeds', code),
  }),
});
