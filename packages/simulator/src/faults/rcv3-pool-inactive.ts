import { z } from 'zod';
import { poolErrors } from '../world/pool-errors.ts';
import { defineFault, paramsOf } from './fault.ts';

/** A pool is not ACTIVE. */
export const rcv3PoolInactive = defineFault({
  name: 'rcv3.pool_inactive',
  group: 'pools',
  phase: 'before_validate',
  ops: ['pool_member.add', 'pool_member.remove'],
  params: z.strictObject({ pool: z.string().min(1).optional().describe('id of the pool; absent: every one') }),
  does: 'The call is refused with 409 "Load Balancer Pool ... is not in an ACTIVE state"; for how long is said by `from` and `until`.',
  imitates: 'a pool that is updated, or disabled by its owner',
  reaction: 'ERROR with the text; goes on after a command',
  apply: ({ params: { pool }, call }) => {
    const { members = [] } = paramsOf(call, 'pool_member.add', 'pool_member.remove') ?? {};
    const meant = members.filter(({ poolId }) => pool === undefined || poolId.toLowerCase() === pool.toLowerCase());
    const pools = meant.filter(({ poolId }, index) => meant.findIndex((other) => other.poolId === poolId) === index);
    return pools.length === 0 ? undefined : { refuse: poolErrors(pools.map((member) => ({ kind: 'pool_inactive', member }))) };
  },
});
