import { z } from 'zod';
import { defineFault } from './fault.ts';

/** An address never comes. */
export const ipNone = defineFault({
  name: 'ip.none',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({ net: z.enum(['servicenet', 'public', 'both']).default('servicenet').describe('of which network') }),
  does: 'The server is ACTIVE and never gets this address.',
  imitates: 'a server that is not on ServiceNet',
  reaction: 'says so in the group; adds no node without an address',
  apply: ({ params: { net } }) => ({ fate: { without: { servicenet: net !== 'public', public: net !== 'servicenet' } } }),
});
