import { z } from 'zod';
import { outside } from '../world/outside.ts';
import { defineFault } from './fault.ts';
import { serviceCalls } from './issuing.ts';

/** The tenant makes a server of his own. */
export const oobCreateForeignServer = defineFault({
  name: 'oob.create_foreign_server',
  group: 'actors',
  phase: 'before_validate',
  ops: serviceCalls,
  params: z.strictObject({
    name: z.string().min(1).max(255).default('foreign').describe('its name'),
    same_address: z.boolean().default(true).describe("whether it gets the address that was given back last, such as a dead server's"),
  }),
  does: "A server of nobody's is made right before the call arrives; with the address of one that is gone, if there is one.",
  imitates: 'a stranger whose machine gets the address of a dead server of a group',
  reaction: "takes the dead server's node off before the address is another's, and never removes the node of a server that is not its own",
  apply: ({ params: { name, same_address: sameAddress } }) => ({
    meddle: (tenant) => {
      outside.createServer(tenant, name, sameAddress);
    },
  }),
});
