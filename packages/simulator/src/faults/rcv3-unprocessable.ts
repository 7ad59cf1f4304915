import { z } from 'zod';
import { poolErrors } from '../world/pool-errors.ts';
import { defineFault, paramsOf } from './fault.ts';

/** A server cannot be put into a pool yet. */
export const rcv3Unprocessable = defineFault({
  name: 'rcv3.unprocessable',
  group: 'pools',
  phase: 'before_validate',
  ops: ['pool_member.add'],
  params: z.strictObject({ server: z.string().min(1).optional().describe('id of the server; absent: every one') }),
  does: 'Additions are refused with 409 "Cloud Server ... is unprocessable", once for each member that `server` means.',
  imitates: 'a server that is not ready, or not on the network of the pool',
  reaction: 'tries again later; the others of the call are added',
  apply: ({ params: { server }, call }) => {
    const { members = [] } = paramsOf(call, 'pool_member.add') ?? {};
    const meant = members.filter(({ serverId }) => server === undefined || serverId === server);
    return meant.length === 0 ? undefined : { refuse: poolErrors(meant.map((member) => ({ kind: 'unprocessable', member }))) };
  },
});
