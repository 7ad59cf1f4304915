import { z } from 'zod';
import { placeKey, placesOf } from '../world/load-balancer-record.ts';
import { defineFault } from './fault.ts';
import { onLoadBalancer } from './on-load-balancer.ts';

/** Somebody edits nodes, or adds one by hand. */
export const nodeForeign = defineFault({
  name: 'node.foreign',
  group: 'balancers',
  phase: 'before_commit',
  ops: ['node.list', 'load_balancer.get'],
  params: z.strictObject({
    do: z.enum(['add', 'edit']).default('add').describe('adds a node of his own, or edits the first that is there'),
    address: z.ipv4().default('192.0.2.200').describe('of a node that is added'),
    port: z.int().min(1).max(65_535).default(80).describe('of a node that is added'),
    condition: z.enum(['ENABLED', 'DISABLED', 'DRAINING']).default('ENABLED').describe('of a node that is added or edited'),
    weight: z.int().min(1).max(100).default(1).describe('likewise'),
    type: z.enum(['PRIMARY', 'SECONDARY']).default('PRIMARY').describe('likewise'),
  }),
  does: 'Somebody adds a node of his own to the load balancer, or edits one that is there, right before its nodes are listed.',
  imitates: 'users and other tools that work on the same load balancer',
  reaction: 'never touches nodes of others; puts those of its own servers right again',
  apply: ({ params, call }) =>
    onLoadBalancer(call, (all, record) => {
      const { address, port, condition, weight, type } = params;
      const [first] = record.nodes.values();
      if (params.do === 'edit' && first !== undefined) all.changeNode(record, first, { condition, weight, type }, 'outsider');
      if (params.do === 'add' && !placesOf(record).has(placeKey(params))) {
        all.addNodes(record, [{ address, port, condition, weight, type }], 'outsider');
      }
    }),
});
