import { z } from 'zod';
import { defineFault, paramsOf } from './fault.ts';

/** A deleted server stays in its pools, or does not. */
export const rcv3Orphans = defineFault({
  name: 'rcv3.orphans',
  group: 'pools',
  phase: 'after_commit',
  ops: ['server.delete'],
  params: z.strictObject({ on: z.boolean().default(false).describe('true: they stay, as they always do without this fault') }),
  does: 'With `on: false` a server that is deleted leaves its pools by itself; without the fault its members stay behind.',
  imitates: 'RackConnect v3 as one would wish it, beside what it is: a deleted server is not taken out of its pool',
  reaction: 'takes its servers out of their pools, before or after they are gone',
  apply: ({ params: { on }, call }) => {
    const serverId = paramsOf(call, 'server.delete')?.serverId;
    if (on || serverId === undefined) return undefined;
    return {
      meddle: ({ pools }) =>
        pools.remove(
          pools.all().filter((member) => member.serverId === serverId),
          'cloud',
        ),
    };
  },
});
