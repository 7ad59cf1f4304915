import type { PoolId, PoolMember } from '@lutra/core';
import { z } from 'zod';
import { defineFault } from './fault.ts';

/** Pool ids come back in upper case. */
export const rcv3EchoUpper = defineFault({
  name: 'rcv3.echo_upper',
  group: 'pools',
  phase: 'after_commit',
  ops: ['pool_member.list'],
  params: z.strictObject({ on: z.boolean().default(true).describe('false: as they were sent') }),
  does: 'Pools and their members are listed with the ids in upper case. Texts of refusals always have them so.',
  imitates: 'RackConnect v3, which does so',
  reaction: 'compares ids without regard to case; resends nothing for ever',
  apply: ({ params: { on } }) => ({
    alter: (members) =>
      (members as readonly PoolMember[]).map((one) => (on ? { ...one, poolId: one.poolId.toUpperCase() as PoolId } : one)),
  }),
});
