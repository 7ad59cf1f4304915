import { z } from 'zod';
import { outside } from '../world/outside.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';
import { serversDrawn, whichServers } from './outsiders.ts';

/** Somebody else renames servers. */
export const oobRename = defineFault({
  name: 'oob.rename',
  group: 'actors',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({ ...whichServers, name: z.string().min(1).max(255).default('renamed').describe('the new name') }),
  does: 'Servers of the tenant get another name right before the call arrives.',
  imitates: 'a user who likes his own names better',
  reaction: 'knows its servers by their metadata and ids, so nothing changes',
  apply: ({ params, call, random }) => ({
    meddle: (tenant) => {
      for (const server of serversDrawn(tenant, params, call, random)) outside.editServer(tenant, server, { name: params.name });
    },
  }),
});
