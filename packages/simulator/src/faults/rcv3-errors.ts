import { z } from 'zod';
import { type PoolErrorKind, poolErrorKinds, poolErrors } from '../world/pool-errors.ts';
import { defineFault, paramsOf } from './fault.ts';

/** A bulk call is refused with a mix of errors. */
export const rcv3Errors = defineFault({
  name: 'rcv3.errors',
  group: 'pools',
  phase: 'before_validate',
  ops: ['pool_member.add', 'pool_member.remove'],
  params: z.strictObject({
    kinds: z
      .array(z.enum(poolErrorKinds))
      .default(['unprocessable'])
      .describe('one text for each: about the first member, the second, and so on; none: an empty list'),
  }),
  does: 'The call is refused with 409 and these texts, and nothing is done.',
  imitates: 'any mix of the six texts of RackConnect v3, a text that nobody knows, an empty list',
  reaction:
    'leaves out what is settled and sends the rest, a bounded number of times; ERROR for what cannot be, a later try for what may be',
  apply: ({ params: { kinds }, call }) => {
    const { members = [] } = paramsOf(call, 'pool_member.add', 'pool_member.remove') ?? {};
    return {
      refuse: poolErrors(kinds.map((kind: PoolErrorKind, index) => ({ kind, member: members[index % Math.max(1, members.length)] }))),
    };
  },
});
