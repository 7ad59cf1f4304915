import { z } from 'zod';
import { outside } from '../world/outside.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';
import { serversDrawn, whichServers } from './outsiders.ts';

/** Somebody else deletes servers. */
export const oobDeleteServer = defineFault({
  name: 'oob.delete_server',
  group: 'actors',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({
    ...whichServers,
    how: z.enum(['delete', 'vanish']).default('delete').describe('`delete` takes its time; `vanish`: gone at once, without a trace'),
  }),
  does: 'Servers of the tenant are deleted right before the call arrives.',
  imitates: 'users and other tools that delete servers by hand (CATC-004 to 008)',
  reaction: 'makes as many as went, takes their nodes off their load balancers, and touches nothing else',
  apply: ({ params, call, random }) => ({
    meddle: (tenant) => {
      for (const server of serversDrawn(tenant, params, call, random)) outside.killServer(tenant, server, params.how);
    },
  }),
});
