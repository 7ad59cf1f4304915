import { z } from 'zod';
import { drawKeys, type Fault } from './fault.ts';

const params = z.strictObject({
  /** Part of the servers, 0..1. */
  part: z.number().min(0).max(1),
  /** `call`: every listing leaves out others; `server`: always the same are left out. */
  per: z.enum(['call', 'server']).default('server'),
});

/** Listings leave out some servers. Imitates a cell of the cloud that does not answer (`per: server`), or rows that come and go (`per: call`). */
export const listOmit: Fault<z.output<typeof params>> = {
  name: 'list.omit',
  phase: 'before_commit',
  ops: ['server.list'],
  params,
  apply: ({ params: { part, per }, call, random }) => {
    const keys = per === 'call' ? drawKeys(call) : [call.rule, call.tenantId];
    return { view: { omits: (id) => random.at('list.omit', ...keys, id) < part } };
  },
};
