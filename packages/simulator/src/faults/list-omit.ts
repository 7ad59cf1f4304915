import { z } from 'zod';
import { defineFault, drawKeys } from './fault.ts';

/** Listings leave out servers. */
export const listOmit = defineFault({
  name: 'list.omit',
  group: 'consistency',
  phase: 'before_commit',
  ops: ['server.list'],
  params: z.strictObject({
    part: z.number().min(0).max(1).describe('part of the servers, 0 to 1'),
    per: z
      .enum(['call', 'server'])
      .default('server')
      .describe('`call`: every listing leaves out others; `server`: always the same are left out'),
  }),
  does: 'The listing leaves out some servers.',
  imitates: 'a cell of the cloud that does not answer; rows that come and go',
  reaction: 'asks for a known server by id before it believes it gone',
  apply: ({ params: { part, per }, call, random }) => {
    const keys = per === 'call' ? drawKeys(call) : [call.rule, call.tenantId];
    return { view: { omits: (id) => random.at('list.omit', ...keys, id) < part } };
  },
});
