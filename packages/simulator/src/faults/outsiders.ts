import { byId, type Random } from '@lutra/core';
import { z } from 'zod';
import type { LoadBalancerRecord, NodeRecord } from '../world/load-balancer-record.ts';
import type { ServerRecord } from '../world/server-record.ts';
import type { Tenant } from '../world/tenant.ts';
import { drawKeys, type FaultedCall } from './fault.ts';
import { patternSchema } from './fault-selector.ts';

/** How many are drawn by lot from those that fit. */
const count = z.int().min(1).default(1).describe('how many, by lot; all where there are fewer');

/** Which of a tenant's servers somebody does something to. */
export const whichServers = {
  count,
  server_name: patternSchema.optional().describe('only those whose name fits this regular expression'),
  metadata: z.record(z.string(), patternSchema).optional().describe('only those whose metadata fits these regular expressions'),
} as const;
const servers = z.strictObject(whichServers);

/** Which of his nodes. */
export const whichNodes = {
  count,
  load_balancer: z.string().min(1).optional().describe('only on the load balancer of this id'),
} as const;
const nodes = z.strictObject(whichNodes);

/** As many as are asked for: who is drawn depends on the call and each one's id alone. */
function drawn<T>(from: readonly T[], idOf: (one: T) => string, most: number, call: FaultedCall, random: Random): readonly T[] {
  return from
    .map((one) => ({ one, id: idOf(one), lot: random.at(...drawKeys(call), idOf(one)) }))
    .sort((a, b) => a.lot - b.lot || byId(a.id, b.id))
    .slice(0, most)
    .map(({ one }) => one);
}

/** Servers that are there and stay. */
export function serversDrawn(
  { compute }: Tenant,
  { count: most, server_name: name, metadata = {} }: z.output<typeof servers>,
  call: FaultedCall,
  random: Random,
): readonly ServerRecord[] {
  const wanted = Object.entries(metadata);
  const fit = compute.servers.all().filter((server) => {
    if (server.deleting || (name !== undefined && !name.test(server.name))) return false;
    return wanted.every(([key, pattern]) => server.metadata[key] !== undefined && pattern.test(server.metadata[key]));
  });
  return drawn(fit, ({ id }) => id, most, call, random);
}

/** Load balancers that are not deleted, nor about to be. */
export const loadBalancersThere = ({ loadBalancers }: Tenant): readonly LoadBalancerRecord[] =>
  loadBalancers.all().filter(({ deletion }) => deletion === undefined);

/** Load balancers of a tenant. */
export const loadBalancersDrawn = (tenant: Tenant, most: number, call: FaultedCall, random: Random): readonly LoadBalancerRecord[] =>
  drawn(loadBalancersThere(tenant), ({ id }) => id, most, call, random);

/** Nodes, each with its load balancer. */
export function nodesDrawn(
  tenant: Tenant,
  { count: most, load_balancer: only }: z.output<typeof nodes>,
  call: FaultedCall,
  random: Random,
): readonly { readonly loadBalancer: LoadBalancerRecord; readonly node: NodeRecord }[] {
  const fit = loadBalancersThere(tenant)
    .filter(({ id }) => only === undefined || id === only)
    .flatMap((loadBalancer) => [...loadBalancer.nodes.values()].map((node) => ({ loadBalancer, node })));
  return drawn(fit, ({ loadBalancer, node }) => `${loadBalancer.id}/${node.id}`, most, call, random);
}
