import type { ServerId, TenantId } from '@lutra/core';
import type { World } from '@lutra/simulator';
import { faultRuleSchema, outside } from '@lutra/simulator';
import type { ServerRecord, Tenant } from '@lutra/simulator/truth';
import { filter, take } from 'rxjs';
import { chosen, loadBalancerIn, ownNodesOf, serversOf } from './choosing.ts';
import type { GroupServer, Play } from './play.ts';
import type { TimelineEntry } from './scenario-timeline.ts';

type OutsiderName =
  | 'move-nodes'
  | 'edit-nodes'
  | 'set-server-status'
  | 'rename-servers'
  | 'resize-servers'
  | 'readdress-servers'
  | 'create-foreign-server'
  | 'region-outage'
  | 'skew-clock'
  | 'suspend-tenant'
  | 'resume-tenant'
  | 'restart-provider'
  | 'add-faults'
  | 'remove-faults';
type OutsiderEntry = Extract<TimelineEntry, { do: OutsiderName }>;

/** Does what users, other tools and the provider do behind the autoscaler's back, beyond breaking and deleting. `acted` tells of it first. */
export async function playOutsider(
  entry: OutsiderEntry,
  index: number,
  stage: Play,
  acted: (details: readonly string[]) => void,
): Promise<void> {
  const { world } = stage;
  const tenantOf = ({ tenantId }: GroupServer): Tenant => world.tenant(tenantId);
  const servers = (): readonly GroupServer[] => {
    if (!('group' in entry) && !('count' in entry)) return [];
    const all = chosen(serversOf(stage, 'group' in entry ? entry.group : undefined), entry, index, stage.random);
    acted(all.map(({ id }) => id));
    return all;
  };
  switch (entry.do) {
    case 'move-nodes':
    case 'edit-nodes': {
      const { tenant, loadBalancer } = loadBalancerIn(entry, index, world);
      const nodes = chosen(ownNodesOf(loadBalancer, stage), entry, index, stage.random);
      acted(nodes.map(({ id }) => id));
      if (entry.do === 'move-nodes') {
        const { loadBalancer: to } = loadBalancerIn({ tenant: entry.tenant, loadBalancer: entry.to }, index, world);
        for (const node of nodes) outside.moveNode(tenant, loadBalancer, to, node);
        return;
      }
      const { condition, weight, type } = entry;
      const change = { ...(condition && { condition }), ...(weight && { weight }), ...(type && { type }) };
      for (const node of nodes) outside.changeNode(tenant, loadBalancer, node, change);
      return;
    }
    case 'set-server-status':
      for (const one of servers()) putInto(entry, tenantOf(one), one.server, world);
      return;
    case 'rename-servers':
      for (const one of servers()) outside.editServer(tenantOf(one), one.server, { name: entry.name });
      return;
    case 'resize-servers':
      for (const one of servers()) outside.editServer(tenantOf(one), one.server, { flavor: entry.flavor });
      return;
    case 'readdress-servers':
      for (const one of servers()) outside.readdressServer(tenantOf(one), one.server);
      return;
    case 'create-foreign-server': {
      const tenant = world.tenant(entry.tenant as TenantId);
      const { id } = outside.createServer(tenant, entry.name, entry.sameAddress);
      const places = entry.nodes.map(({ loadBalancer, port }) => ({
        ...loadBalancerIn({ tenant: entry.tenant, loadBalancer }, index, world),
        port,
      }));
      if (places.length > 0)
        whenUp(id, world, (address) => {
          for (const { loadBalancer, port } of places) outside.addNode(tenant, loadBalancer, { address, port, ...ordinary });
        });
      return acted([id]);
    }
    case 'restart-provider':
      acted([]);
      return world.restart();
    default:
      return playRules(entry, index, stage, acted);
  }
}

/** With `for` the server comes back to the status that it had, BUILD too, unless it has another one by then. A build goes on meanwhile, and shows when it ends. */
function putInto(
  { status, for: span }: Extract<OutsiderEntry, { do: 'set-server-status' }>,
  tenant: Tenant,
  server: ServerRecord,
  world: World,
): void {
  const before = server.status;
  outside.setServerStatus(tenant, server, status);
  if (span === undefined) return;
  world.after(span).subscribe(() => {
    if (server.status === status) outside.setServerStatus(tenant, server, before);
  });
}

const ordinary = { condition: 'ENABLED', type: 'PRIMARY', weight: 1 } as const;

/** Does something once the server is ACTIVE and has an address. */
function whenUp(id: ServerId, world: World, act: (address: string) => void): void {
  world.events$
    .pipe(
      filter((event) => event.kind === 'server-changed' && event.serverId === id && event.state === 'ACTIVE' && event.address !== ''),
      take(1),
    )
    .subscribe((event) => act('address' in event ? event.address : ''));
}

type RulesEntry = Extract<
  OutsiderEntry,
  { do: 'region-outage' | 'skew-clock' | 'suspend-tenant' | 'resume-tenant' | 'add-faults' | 'remove-faults' }
>;

/** What is done by adding rules and taking them away again. */
async function playRules(entry: RulesEntry, index: number, { world }: Play, acted: (details: readonly string[]) => void): Promise<void> {
  const add = (rule: object): void => world.faults.add(faultRuleSchema.parse(rule));
  switch (entry.do) {
    case 'region-outage': {
      const id = `region-outage ${index}`;
      const services = entry.services === undefined ? {} : { service: [...entry.services] };
      acted(entry.services ?? []);
      add({ id, when: services, do: { fault: 'connect.refuse' } });
      world.after(entry.for).subscribe(() => world.faults.remove(id));
      return;
    }
    case 'skew-clock':
      acted([...entry.services, `${entry.seconds} s`]);
      for (const service of entry.services) {
        const id = `skew-clock ${service}`;
        world.faults.remove(id);
        add({ id, when: { service }, do: { fault: 'clock.skew', params: { seconds: entry.seconds } } });
      }
      return;
    case 'suspend-tenant':
      acted([entry.tenant]);
      return add({ id: suspensionOf(entry.tenant), when: { tenant: entry.tenant }, do: { fault: 'tenant.suspended' } });
    case 'resume-tenant':
      acted([entry.tenant]);
      world.faults.remove(suspensionOf(entry.tenant));
      return;
    case 'add-faults':
      acted(entry.faults.map(({ id }) => id));
      for (const rule of entry.faults) world.faults.add(rule);
      return;
    case 'remove-faults':
      acted(entry.ids);
      for (const id of entry.ids) world.faults.remove(id);
  }
}

const suspensionOf = (tenant: string): string => `suspend-tenant ${tenant}`;
