import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** There are no virtual addresses left. */
export const vipsExhausted = defineFault({
  name: 'vips.exhausted',
  group: 'limits',
  phase: 'before_validate',
  ops: ['load_balancer.create'],
  params: z.strictObject({}),
  does: 'A load balancer is refused with 500 and a text about virtual IPs.',
  imitates: 'a data centre without addresses',
  reaction: 'a fault of the service like others: tries again later',
  apply: () => ({ refuse: refusals.noVirtualIps() }),
});
