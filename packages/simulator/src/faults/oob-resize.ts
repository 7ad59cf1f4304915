import { z } from 'zod';
import { flavors } from '../world/catalogue.ts';
import { outside } from '../world/outside.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';
import { serversDrawn, whichServers } from './outsiders.ts';

/** Somebody else resizes servers. */
export const oobResize = defineFault({
  name: 'oob.resize',
  group: 'actors',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({
    ...whichServers,
    flavor: z
      .string()
      .refine((id) => flavors.has(id), { error: 'is no flavor of this cloud' })
      .default('compute1-4')
      .describe('id of the new flavor'),
  }),
  does: 'Servers of the tenant have another flavor right before the call arrives.',
  imitates: 'a user who needs a larger machine',
  reaction: 'keeps the server: what a launch configuration says is for new ones',
  apply: ({ params, call, random }) => ({
    meddle: (tenant) => {
      for (const server of serversDrawn(tenant, params, call, random)) outside.editServer(tenant, server, { flavor: params.flavor });
    },
  }),
});
