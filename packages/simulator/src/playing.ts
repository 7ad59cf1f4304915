import { byId, type LoadBalancerId, type Random, type TenantId } from '@lutra/core';
import type { GroupServer, Play } from './play.ts';
import { playCommand } from './playing-commands.ts';
import { look } from './playing-looks.ts';
import type { TimelineEntry } from './scenario-timeline.ts';
import type { LoadBalancerRecord } from './world/load-balancer-record.ts';
import { outside } from './world/outside.ts';
import { quotaOf } from './world/quota.ts';
import type { Tenant } from './world/tenant.ts';
import type { World } from './world/world.ts';

/** Carries out one entry of a timeline; `index`: its place, which with the seed decides who is hit. Rejects only for our own mistakes. */
export async function play(entry: TimelineEntry, index: number, stage: Play): Promise<void> {
  const { world, tell } = stage;
  const about = 'group' in entry && entry.group !== undefined ? { group: entry.group } : {};
  const acted = (details: readonly string[]): void => tell({ kind: 'acted', what: entry.do, ...about, details });
  switch (entry.do) {
    case 'kill-servers': {
      const killed = chosen(serversOf(stage, entry.group), entry, index, stage.random);
      acted(killed.map(({ id }) => id));
      killed.forEach(({ server, tenantId }, turn) => {
        outside.killServer(world.tenant(tenantId), server, entry.how[turn % entry.how.length] ?? 'error');
      });
      return;
    }
    case 'disown-servers': {
      const disowned = chosen(serversOf(stage, entry.group), entry, index, stage.random);
      acted(disowned.map(({ id }) => id));
      if (entry.as !== undefined) stage.sets.name(entry.as, disowned);
      for (const { server, tenantId } of disowned) outside.disownServer(world.tenant(tenantId), server);
      return;
    }
    case 'watch-servers': {
      const all = entry.count === undefined && entry.fraction === undefined;
      stage.sets.name(entry.as, chosen(serversOf(stage, entry.group), all ? { fraction: 1 } : entry, index, stage.random));
      return;
    }
    case 'remove-nodes': {
      const { tenant, loadBalancer } = loadBalancerIn(entry, index, world);
      const owned = new Set(serversOf(stage, undefined).map(({ server: { address } }) => address));
      const nodes = [...loadBalancer.nodes.values()].filter(({ address }) => owned.has(address)).map((node) => ({ id: node.id, node }));
      const removed = chosen(nodes, entry, index, stage.random);
      acted(removed.map(({ id }) => id));
      for (const { node } of removed) outside.removeNode(tenant, loadBalancer, node);
      return;
    }
    case 'delete-load-balancer': {
      const { tenant, loadBalancer } = loadBalancerIn(entry, index, world);
      acted([entry.loadBalancer]);
      return outside.deleteLoadBalancer(tenant, loadBalancer, entry.pendingFor);
    }
    case 'break-load-balancer': {
      const { tenant, loadBalancer } = loadBalancerIn(entry, index, world);
      acted([entry.loadBalancer, entry.status]);
      return outside.forceLoadBalancer(tenant, loadBalancer, entry.status, entry.for);
    }
    case 'set-health-monitor': {
      const { tenant, loadBalancer } = loadBalancerIn(entry, index, world);
      acted([entry.loadBalancer, entry.on ? 'on' : 'off']);
      return outside.setLoadBalancer(tenant, loadBalancer, { healthMonitor: entry.on });
    }
    case 'set-node-limit': {
      const { tenant, loadBalancer } = loadBalancerIn(entry, index, world);
      acted([entry.loadBalancer, String(entry.nodes)]);
      return outside.setLoadBalancer(tenant, loadBalancer, { nodeLimit: entry.nodes });
    }
    case 'set-quota': {
      const { at: _at, do: _do, tenant, ...quota } = entry;
      acted(Object.entries(quota).map(([resource, limit]) => `${resource} ${limit ?? 'unlimited'}`));
      return outside.setQuota(world.tenant(tenant as TenantId), quotaOf(quota));
    }
    case 'expect':
      return look(entry, index, stage);
    default:
      return playCommand(entry, stage, (group, count) =>
        chosen(serversOf(stage, group), { count }, index, stage.random).map(({ server, tenantId }) => ({ server, tenantId })),
      );
  }
}

function loadBalancerIn(
  { tenant: tenantId, loadBalancer: id }: { readonly tenant: string; readonly loadBalancer: string },
  index: number,
  world: World,
): { readonly tenant: Tenant; readonly loadBalancer: LoadBalancerRecord } {
  const tenant = world.tenant(tenantId as TenantId);
  const loadBalancer = tenant.loadBalancers.find(id as LoadBalancerId);
  if (loadBalancer === undefined) throw new Error(`timeline[${index}]: tenant ${tenantId} has no load balancer ${id}.`);
  return { tenant, loadBalancer };
}

/** Servers of one group, or of all, that nothing has happened to yet. */
function serversOf({ truths, groups, groupsCalled }: Play, name: string | undefined): readonly (GroupServer & { readonly id: string })[] {
  return (name === undefined ? groups() : groupsCalled(name))
    .flatMap(({ ref: { groupId, tenantId } }) => [...truths.of(groupId).values()].map((server) => ({ id: server.id, server, tenantId })))
    .filter(({ server }) => !server.deleting && (server.status === 'ACTIVE' || server.status === 'BUILD'));
}

/** As many as are asked for, by lot: who is drawn depends on the seed, the entry and each one's id alone. */
function chosen<T extends { readonly id: string }>(
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
