import { z } from 'zod';
import { poolErrors } from '../world/pool-errors.ts';
import { defineFault, paramsOf } from './fault.ts';

/** A bulk call is done, and said to have been done before. */
export const rcv3CommitThen409 = defineFault({
  name: 'rcv3.commit_then_409',
  group: 'pools',
  phase: 'after_commit',
  ops: ['pool_member.add', 'pool_member.remove'],
  params: z.strictObject({}),
  does: 'All is done, and the answer is 409 "already a member", or "not a member", for each of them.',
  imitates: 'a request that a proxy sent twice, of which the caller sees the second answer',
  reaction: 'takes it for done',
  apply: ({ call }) => {
    const { members = [] } = paramsOf(call, 'pool_member.add', 'pool_member.remove') ?? {};
    const kind = call.op === 'pool_member.add' ? 'already_member' : 'not_member';
    return { refuse: poolErrors(members.map((member) => ({ kind, member }))) };
  },
});
