import { ownershipPrefixes } from '@lutra/core';
import { z } from 'zod';
import { outside } from '../world/outside.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';
import { serversDrawn, whichServers } from './outsiders.ts';

/** Somebody else takes metadata off servers. */
export const oobStripMetadata = defineFault({
  name: 'oob.strip_metadata',
  group: 'actors',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({
    ...whichServers,
    keys: z
      .array(z.string().min(1))
      .min(1)
      .default([...ownershipPrefixes])
      .describe("keys, or what they start with; those unless given by which a server is a group's"),
  }),
  does: 'Servers of the tenant lose these items of their metadata right before the call arrives.',
  imitates: 'users who take servers out of a group for themselves (CATC-017, CATC-018)',
  reaction: "takes a server without its mark for nobody's, leaves it alone, and replaces it",
  apply: ({ params, call, random }) => ({
    meddle: (tenant) => {
      for (const server of serversDrawn(tenant, params, call, random)) outside.stripMetadata(tenant, server, params.keys);
    },
  }),
});
