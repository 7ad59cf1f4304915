import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** No connection can be made: nothing is asked, and nothing is done. */
export const connectRefuse = defineFault({
  name: 'connect.refuse',
  group: 'transport',
  phase: 'on_send',
  params: z.strictObject({}),
  does: 'No connection can be made; nothing is done. Over HTTP the connection is reset before anything is read.',
  imitates: 'an endpoint that is down',
  reaction: 'tries again with backoff; never ERROR; knows that nothing was done',
  apply: () => ({ refuse: refusals.unreachable() }),
});
