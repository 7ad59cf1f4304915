import {
  type Autoscaler,
  formatInstant,
  type GroupManifest,
  type LaunchConfiguration,
  type LoadBalancerId,
  later,
  type PolicyDefinition,
  type PoolId,
  type TenantId,
} from '@lutra/core';
import type { World } from '@lutra/simulator';
import { outside, parseDuration, virtualStart } from '@lutra/simulator';
import { quotaOf } from '@lutra/simulator/truth';
import type { Scenario } from './scenario.ts';
import type { ScenarioGroup } from './scenario-groups.ts';

/** Puts into the world what the scenario says tenants have of their own. */
export function furnish(world: World, { cloud: { tenants } }: Scenario): void {
  for (const [tenantId, { loadBalancers, servers, pools, quota }] of Object.entries(tenants)) {
    const tenant = world.tenant(tenantId as TenantId);
    outside.setQuota(tenant, quotaOf(quota));
    for (const { id, healthMonitor, nodeLimit, connections, drainStart, nodes } of loadBalancers) {
      const settings = { healthMonitor, nodeLimit, connections, tellsDrainStart: drainStart === 'told' };
      const loadBalancer = tenant.loadBalancers.make(id as LoadBalancerId, settings);
      for (const { address, port } of nodes) {
        outside.addNode(tenant, loadBalancer, { address, port, weight: 1, condition: 'ENABLED', type: 'PRIMARY' });
      }
    }
    for (const name of servers) outside.createServer(tenant, name);
    for (const id of pools) tenant.pools.make(id.toLowerCase() as PoolId);
  }
}

/** Creates a group of the scenario, at its minimum. */
export const createScenarioGroup = (autoscaler: Autoscaler, group: ScenarioGroup): Promise<GroupManifest> =>
  autoscaler.createGroup({
    tenantId: group.tenant as TenantId,
    groupConfiguration: {
      name: group.name,
      cooldown: group.cooldown,
      minEntities: group.min,
      maxEntities: group.max,
      metadata: group.metadata,
    },
    launchConfiguration: launchOf(group),
    scalingPolicies: group.policies.map(policyOf),
  });

function launchOf({ name, launch }: ScenarioGroup): LaunchConfiguration {
  const server = { name: launch.name ?? name, imageRef: launch.image, flavorRef: launch.flavor };
  const nodes = launch.loadBalancers.map(({ id, port }) => ({ loadBalancerId: id, port }));
  const loadBalancers = [...nodes, ...launch.pools.map((id) => ({ loadBalancerId: id, type: 'RackConnectV3' as const }))];
  const draining = launch.drainingTimeout === undefined ? {} : { draining_timeout: launch.drainingTimeout / 1000 };
  return { type: 'launch_server', args: { server, loadBalancers, ...draining } };
}

function policyOf({
  name,
  cooldown,
  change,
  changePercent,
  desiredCapacity,
  at,
  cron,
}: ScenarioGroup['policies'][number]): PolicyDefinition {
  const adjustment =
    change !== undefined ? { change } : changePercent !== undefined ? { changePercent } : { desiredCapacity: desiredCapacity ?? 0 };
  const base = { name, cooldown, ...adjustment };
  if (at !== undefined) return { ...base, type: 'schedule', args: { at: instantFrom(at) } };
  if (cron !== undefined) return { ...base, type: 'schedule', args: { cron } };
  return { ...base, type: 'webhook' };
}

/** `10m` after the start of the run as the instant that it is; an instant as it was given. */
function instantFrom(at: string): string {
  const duration = parseDuration(at);
  return duration === undefined ? at : formatInstant(later(virtualStart, duration));
}

/** The definition of a policy that sets a desired capacity, whatever the capacity is. */
export const settingDesired = (desired: number): PolicyDefinition => ({
  name: `desired capacity ${desired}`,
  cooldown: 0,
  type: 'webhook',
  desiredCapacity: desired,
});
