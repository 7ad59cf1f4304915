import type { JsonObject, LoadBalancerId } from '@lutra/core';
import type { ShownNode } from '../world/calls.ts';
import { ask, param, type Route } from './request.ts';

const nodeJson = ({ id, address, port, condition, status, type, weight, connections }: ShownNode): JsonObject => ({
  id: Number(id),
  address,
  port,
  condition,
  status,
  type,
  weight,
  ...(connections === undefined ? {} : { connections }),
});

/** Cloud Load Balancers (spec/providers.md, section 4). */
export const clbRoutes: readonly Route[] = ['/v1.0', '/v2'].flatMap((prefix): readonly Route[] => [
  {
    on: `GET ${prefix}/:tenant/loadbalancers/:loadBalancer/nodes`,
    answer: (request) =>
      ask(request, 'node.list', { loadBalancerId: param(request.params, 'loadBalancer') as LoadBalancerId }, (nodes) => ({
        status: 200,
        body: { nodes: nodes.map(nodeJson) },
      })),
  },
]);
