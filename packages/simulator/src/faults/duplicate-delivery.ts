import { z } from 'zod';
import { defineFault } from './fault.ts';

/** A request is carried out twice. */
export const duplicateDelivery = defineFault({
  name: 'duplicate_delivery',
  group: 'transport',
  phase: 'before_commit',
  params: z.strictObject({}),
  does: 'The call is carried out twice, if it is still valid the second time; the caller gets the first answer.',
  imitates: 'a proxy that replays requests',
  reaction: 'trims the server too many once it shows, and counts it meanwhile',
  apply: () => ({ again: true }),
});
