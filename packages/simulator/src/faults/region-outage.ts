import { z } from 'zod';
import { serviceOf } from '../world/operation-names.ts';
import { refusals } from '../world/refusal.ts';
import { serviceNames } from '../world/service.ts';
import { defineFault } from './fault.ts';

/** A region is down. */
export const regionOutage = defineFault({
  name: 'region.outage',
  group: 'actors',
  phase: 'on_send',
  params: z.strictObject({ services: z.array(z.enum(serviceNames)).min(1).optional().describe('which are down; absent: all of them') }),
  does: 'Nobody can connect to these services; for how long is said by `from` and `until`.',
  imitates: 'a region that is cut off, power or network',
  reaction: 'backs off, stays ACTIVE, deletes nothing; goes on where it was once the region is back',
  apply: ({ params: { services }, call: { op } }) =>
    services === undefined || services.includes(serviceOf(op)) ? { refuse: refusals.unreachable() } : undefined,
});
