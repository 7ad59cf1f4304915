import type { TenantId } from '@lutra/core';
import { outside } from '@lutra/simulator';
import { quotaOf } from '@lutra/simulator/truth';
import { chosen, loadBalancerIn, ownNodesOf, serversOf } from './choosing.ts';
import type { Play } from './play.ts';
import { playCommand } from './playing-commands.ts';
import { look } from './playing-looks.ts';
import { playOutsider } from './playing-outsiders.ts';
import type { TimelineEntry } from './scenario-timeline.ts';

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
      const removed = chosen(ownNodesOf(loadBalancer, stage), entry, index, stage.random);
      acted(removed.map(({ id }) => id));
      for (const node of removed) outside.removeNode(tenant, loadBalancer, node);
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
    case 'move-nodes':
    case 'edit-nodes':
    case 'set-server-status':
    case 'rename-servers':
    case 'resize-servers':
    case 'readdress-servers':
    case 'create-foreign-server':
    case 'region-outage':
    case 'skew-clock':
    case 'suspend-tenant':
    case 'resume-tenant':
    case 'restart-provider':
    case 'add-faults':
    case 'remove-faults':
      return playOutsider(entry, index, stage, acted);
    default:
      return playCommand(entry, stage, (group, count) =>
        chosen(serversOf(stage, group), { count }, index, stage.random).map(({ server, tenantId }) => ({ server, tenantId })),
      );
  }
}
