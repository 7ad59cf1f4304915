import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import type { Fault } from './fault.ts';

const params = z.strictObject({});

/** No connection can be made: nothing is asked, and nothing is done. Imitates an endpoint that is down. */
export const connectRefuse: Fault<z.output<typeof params>> = {
  name: 'connect.refuse',
  phase: 'on_send',
  params,
  apply: () => ({ refuse: refusals.unreachable() }),
};
