import { epochMs, type LoadBalancerId, type Random, type TenantId } from '@lutra/core';
import { publicAddressOf } from './addresses.ts';
import { nodesPerLoadBalancer } from './catalogue.ts';
import type { LoadBalancerAbout, LoadBalancerRecord, LoadBalancerSettings } from './load-balancer-record.ts';

const plain: LoadBalancerSettings = {
  healthMonitor: false,
  nodeLimit: nodesPerLoadBalancer,
  connections: undefined,
  tellsDrainStart: true,
};

/** A load balancer without nodes, on which nobody has written. */
export const newLoadBalancer = (
  id: LoadBalancerId,
  about: LoadBalancerAbout,
  settings: Partial<LoadBalancerSettings>,
): LoadBalancerRecord => ({
  id,
  about,
  updatedAt: about.createdAt,
  monitor: undefined,
  feed: [],
  settings: { ...plain, ...settings },
  nodes: new Map(),
  lockedUntil: epochMs(0),
  forced: undefined,
  deletion: undefined,
  past: [],
  probes: new Map(),
  added: 0,
  writes: 0,
});

/** What a load balancer is for where nobody says. */
export function plainAbout(random: Random, tenantId: TenantId, id: LoadBalancerId): Omit<LoadBalancerAbout, 'createdAt'> {
  const [id32, host] = [random.at('virtual ip', tenantId, id), Number(id) % 65_536 || 1];
  const address = publicAddressOf(`10.16.${Math.floor(host / 256)}.${host % 256}`);
  return {
    name: `lb-${id}`,
    protocol: 'HTTP',
    port: 80,
    algorithm: 'WEIGHTED_ROUND_ROBIN',
    virtualIps: [{ id: 1000 + Math.floor(id32 * 9000), address, type: 'PUBLIC' }],
    metadata: {},
  };
}
