import { z } from 'zod';
import { placeKey, placesOf } from '../world/load-balancer-record.ts';
import { defineFault, paramsOf } from './fault.ts';
import { onLoadBalancer } from './on-load-balancer.ts';

/** Somebody else adds the same node first. */
export const clbDuplicateRace = defineFault({
  name: 'clb.duplicate_race',
  group: 'balancers',
  phase: 'before_validate',
  ops: ['node.add'],
  params: z.strictObject({}),
  does: 'Somebody adds the first of the nodes right before the call arrives, which is refused with 422 "Duplicate nodes detected".',
  imitates: 'two groups, or a user, adding one address and port at the same time',
  reaction: 'looks again and finds its node there, or changes it; no ERROR, no hammering',
  apply: ({ call }) =>
    onLoadBalancer(call, (all, record) => {
      const node = paramsOf(call, 'node.add')?.nodes[0];
      if (node !== undefined && !placesOf(record).has(placeKey(node))) all.addNodes(record, [node], 'outsider');
    }),
});
