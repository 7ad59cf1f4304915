import { z } from 'zod';
import type { ParamsOf } from '../world/calls.ts';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';

/** A bulk write is done in part. */
export const clbPartialBulk = defineFault({
  name: 'clb.partial_bulk',
  group: 'balancers',
  phase: 'before_commit',
  ops: ['node.add', 'node.remove'],
  params: z.strictObject({
    part: z.number().min(0).max(1).default(0.5).describe('part of the nodes that is added or removed, 0 to 1'),
    answer: z.enum(['fault', 'accepted']).default('fault').describe('what the caller is told: 500, or that all was done'),
  }),
  does: 'Only a part of the nodes is added or removed.',
  imitates: 'a service that is not as atomic as it says',
  reaction: 'looks again, and does the rest',
  apply: ({ params: { part, answer } }) => ({
    reshape: (params) => firstPart(params as Params, part),
    ...(answer === 'fault' ? { refuseAfter: refusals.fault('clb', 500) } : {}),
  }),
});

type Params = ParamsOf<'node.add'> | ParamsOf<'node.remove'>;

function firstPart(params: Params, part: number): Params {
  const some = <T>(all: readonly T[]): readonly T[] => all.slice(0, Math.floor(all.length * part));
  return 'nodes' in params ? { ...params, nodes: some(params.nodes) } : { ...params, nodeIds: some(params.nodeIds) };
}
