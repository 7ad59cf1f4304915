import { later, seconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault, paramsOf } from './fault.ts';

/** A member of a pool stays ADDING. */
export const rcv3NodeState = defineFault({
  name: 'rcv3.node_state',
  group: 'pools',
  phase: 'after_commit',
  ops: ['pool_member.add'],
  params: z.strictObject({ for: durationSchema.default(seconds(300)).describe('how long') }),
  does: 'Members that are added are ADDING for so long. If their server goes meanwhile, they cannot be removed in bulk (500), nor by themselves (409).',
  imitates: 'RackConnect v3 at work',
  reaction: 'takes a member for one as soon as it is listed; tries removals again later',
  apply: ({ params, call, now }) => {
    const members = paramsOf(call, 'pool_member.add')?.members ?? [];
    return { meddle: ({ pools }) => pools.readyAt(members, later(now, params.for)) };
  },
});
