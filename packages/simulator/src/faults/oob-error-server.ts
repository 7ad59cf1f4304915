import { z } from 'zod';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';
import { serversDrawn, whichServers } from './outsiders.ts';

/** Servers break. */
export const oobErrorServer = defineFault({
  name: 'oob.error_server',
  group: 'actors',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({
    ...whichServers,
    status: z.string().min(1).default('ERROR').describe('any Nova status, known or not'),
  }),
  does: 'Servers of the tenant go to this status right before the call arrives.',
  imitates: 'hosts that fail; servers that their users stop, suspend or rescue',
  reaction: 'deletes and replaces what is broken, once each; leaves what its owner suspended; ignores what it does not know',
  apply: ({ params, call, random }) => ({
    meddle: (tenant) => {
      for (const server of serversDrawn(tenant, params, call, random)) tenant.compute.force(server, params.status);
    },
  }),
});
