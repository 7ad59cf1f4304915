import { readServerMetadata } from '@lutra/core';
import { isMarked } from '@lutra/simulator/truth';
import type { CheckerKind } from './checker.ts';

/**
 * At the end every node that a group has, where it must have one, is the only one of its server there, and as the group makes its nodes:
 * weight 1, PRIMARY. That there is one, and ENABLED, is said by `converged`.
 */
export const nodesExact: CheckerKind = {
  name: 'nodes-exact',
  make: ({ world, truths, groups, expectedStatus, violate }) => ({
    ended: () => {
      for (const group of groups.values()) {
        if (group.paused || group.deleted || expectedStatus(group) === 'ERROR') continue;
        const { loadBalancers } = world.tenant(group.ref.tenantId);
        for (const server of truths.of(group.ref.groupId).values()) {
          if (server.status !== 'ACTIVE' || server.deleting || isMarked(server)) continue;
          for (const place of readServerMetadata(server.metadata).desiredLoadBalancers) {
            if (place.kind !== 'clb') continue;
            const { loadBalancerId, port } = place;
            const all = [...(loadBalancers.find(loadBalancerId)?.nodes.values() ?? [])];
            const nodes = all.filter((node) => node.address === server.address && node.port === port);
            const where = `server ${server.id} has on ${loadBalancerId}:${port}`;
            if (nodes.length > 1) violate(`${where} ${nodes.length} nodes`, group);
            for (const { weight, type } of nodes)
              if (weight !== 1 || type !== 'PRIMARY') violate(`${where} a node of weight ${weight}, ${type}`, group);
          }
        }
      }
    },
  }),
};
