import { z } from 'zod';
import { defineFault } from './fault.ts';

/** An address is given again at once. */
export const ipReuse = defineFault({
  name: 'ip.reuse',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({}),
  does: 'The server gets the address that was given back last, instead of one that nobody ever had.',
  imitates: "a small pool of addresses: that of a dead server is the next server's, or a stranger's",
  reaction: 'knows servers by id and not by address; never removes the node of another server',
  apply: () => ({ fate: { reusesAddress: true } }),
});
