import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** Cloud Feeds is down. */
export const cfDown = defineFault({
  name: 'cf.down',
  group: 'feeds',
  phase: 'on_send',
  ops: ['event.publish', 'event.list'],
  params: z.strictObject({}),
  does: 'Nobody can connect to Cloud Feeds; for how long is said by `from` and `until`.',
  imitates: 'an outage of Cloud Feeds',
  reaction: 'never blocks convergence; keeps events for later',
  apply: () => ({ refuse: refusals.unreachable() }),
});
