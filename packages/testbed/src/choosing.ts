import { byId, type LoadBalancerId, type Random, type TenantId } from '@lutra/core';
import type { World } from '@lutra/simulator';
import type { LoadBalancerRecord, NodeRecord, Tenant } from '@lutra/simulator/truth';
import type { GroupServer, Play } from './play.ts';

/** The load balancer that an entry names. Throws when the tenant has none of that id. */
export function loadBalancerIn(
  { tenant: tenantId, loadBalancer: id }: { readonly tenant: string; readonly loadBalancer: string },
  index: number,
  world: World,
): { readonly tenant: Tenant; readonly loadBalancer: LoadBalancerRecord } {
  const tenant = world.tenant(tenantId as TenantId);
  const loadBalancer = tenant.loadBalancers.find(id as LoadBalancerId);
  if (loadBalancer === undefined) throw new Error(`timeline[${index}]: tenant ${tenantId} has no load balancer ${id}.`);
  return { tenant, loadBalancer };
}

/** Nodes of groups' servers on a load balancer. */
export function ownNodesOf(loadBalancer: LoadBalancerRecord, stage: Play): readonly NodeRecord[] {
  const owned = new Set(serversOf(stage, undefined).map(({ server: { address } }) => address));
  return [...loadBalancer.nodes.values()].filter(({ address }) => owned.has(address));
}

/** Servers of one group, or of all, that nothing has happened to yet. */
export function serversOf(
  { truths, groups, groupsCalled }: Play,
  name: string | undefined,
): readonly (GroupServer & { readonly id: string })[] {
  return (name === undefined ? groups() : groupsCalled(name))
    .flatMap(({ ref: { groupId, tenantId } }) => [...truths.of(groupId).values()].map((server) => ({ id: server.id, server, tenantId })))
    .filter(({ server }) => !server.deleting && (server.status === 'ACTIVE' || server.status === 'BUILD'));
}

/** As many as are asked for, by lot: who is drawn depends on the seed, the entry and each one's id alone. */
export function chosen<T extends { readonly id: string }>(
  from: readonly T[],
  { count, fraction = 0 }: { readonly count?: number | undefined; readonly fraction?: number | undefined },
  index: number,
  random: Random,
): readonly T[] {
  const most = Math.min(from.length, count ?? Math.max(1, Math.round(from.length * fraction)));
  return from
    .map((one) => ({ one, lot: random.at('timeline', index, one.id) }))
    .sort((a, b) => a.lot - b.lot || byId(a.one.id, b.one.id))
    .slice(0, most)
    .map(({ one }) => one);
}
