import {
  type Autoscaler,
  byId,
  type EpochMs,
  type GroupRef,
  type LoadBalancerId,
  LutraError,
  type Random,
  type ServerId,
  type TenantId,
} from '@lutra/core';
import type { GroupTruths, WatchedGroup } from './group-truths.ts';
import type { TimelineEntry } from './scenario-timeline.ts';
import { settingDesired } from './stage.ts';
import type { ScenarioEvent } from './trace.ts';
import { outside } from './world/outside.ts';
import type { ServerRecord } from './world/server-record.ts';
import type { World } from './world/world.ts';

/** What the entries of a timeline act on. */
export interface Play {
  readonly world: World;
  readonly autoscaler: Autoscaler;
  readonly truths: GroupTruths;
  readonly random: Random;
  /** The group of this name in the scenario. */
  readonly group: (name: string) => WatchedGroup;
  readonly groups: () => readonly WatchedGroup[];
  readonly tell: (event: Omit<ScenarioEvent, 'at'>) => void;
  readonly now: () => EpochMs;
}

/** Carries out one entry of a timeline; `index`: its place, which with the seed decides who is hit. Rejects only for our own mistakes. */
export async function play(entry: TimelineEntry, index: number, stage: Play): Promise<void> {
  const { autoscaler, world, tell } = stage;
  switch (entry.do) {
    case 'kill-servers': {
      const killed = chosen(serversOf(stage, entry.group), entry, index, stage.random);
      tell({ kind: 'acted', what: entry.do, details: killed.map(({ server: { id } }) => id) });
      killed.forEach(({ server, tenantId }, turn) => {
        outside.killServer(world.tenant(tenantId), server, entry.how[turn % entry.how.length] ?? 'error');
      });
      break;
    }
    case 'disown-servers': {
      const disowned = chosen(serversOf(stage, entry.group), entry, index, stage.random);
      tell({ kind: 'acted', what: entry.do, group: entry.group, details: disowned.map(({ server: { id } }) => id) });
      for (const { server, tenantId } of disowned) outside.disownServer(world.tenant(tenantId), server);
      break;
    }
    case 'remove-nodes': {
      const tenant = world.tenant(entry.tenant as TenantId);
      const loadBalancer = tenant.loadBalancers.find(entry.loadBalancer as LoadBalancerId);
      if (loadBalancer === undefined)
        throw new Error(`timeline[${index}]: tenant ${entry.tenant} has no load balancer ${entry.loadBalancer}.`);
      const owned = new Set(serversOf(stage, undefined).map(({ server: { address } }) => address));
      const nodes = [...loadBalancer.nodes.values()].filter(({ address }) => owned.has(address)).map((node) => ({ id: node.id, node }));
      const removed = chosen(nodes, entry, index, stage.random);
      tell({ kind: 'acted', what: entry.do, details: removed.map(({ id }) => id) });
      for (const { node } of removed) outside.removeNode(tenant, loadBalancer, node);
      break;
    }
    case 'delete-load-balancer': {
      const tenant = world.tenant(entry.tenant as TenantId);
      const loadBalancer = tenant.loadBalancers.find(entry.loadBalancer as LoadBalancerId);
      if (loadBalancer === undefined)
        throw new Error(`timeline[${index}]: tenant ${entry.tenant} has no load balancer ${entry.loadBalancer}.`);
      tell({ kind: 'acted', what: entry.do, details: [entry.loadBalancer] });
      outside.deleteLoadBalancer(tenant, loadBalancer);
      break;
    }
    case 'remove-servers': {
      const { ref } = stage.group(entry.group);
      const asked = chosen(serversOf(stage, entry.group), { count: entry.count }, index, stage.random).map(({ id }) => id as ServerId);
      await command(stage, entry, asked, async () => {
        for (const id of asked) await autoscaler.removeServer(ref, id, { replace: entry.replace, purge: entry.purge });
      });
      break;
    }
    default:
      await command(stage, entry, [], () => give(entry, stage.group(entry.group).ref, autoscaler));
  }
}

type CommandEntry = Extract<TimelineEntry, { do: 'execute-policy' | 'set-desired' | 'pause' | 'resume' | 'converge' | 'delete-group' }>;

async function give(entry: CommandEntry, ref: GroupRef, autoscaler: Autoscaler): Promise<void> {
  switch (entry.do) {
    case 'execute-policy': {
      const policies = await autoscaler.listPolicies(ref, { limit: 1000 });
      const policy = policies.find(({ definition }) => definition.name === entry.policy);
      if (policy !== undefined) await autoscaler.executePolicy({ ...ref, policyId: policy.id });
      return;
    }
    case 'set-desired':
      return setDesired(autoscaler, ref, entry.desired);
    case 'pause':
      return autoscaler.pauseGroup(ref);
    case 'resume':
      return autoscaler.resumeGroup(ref);
    case 'converge':
      return autoscaler.convergeGroup(ref);
    case 'delete-group':
      return autoscaler.deleteGroup(ref, { force: entry.force });
  }
}

/** Sets a group's desired capacity the only way there is: by a policy, made for the purpose and removed again. */
export async function setDesired(autoscaler: Autoscaler, ref: GroupRef, desired: number): Promise<void> {
  const [policy] = await autoscaler.createPolicies(ref, [settingDesired(desired)]);
  if (policy === undefined) throw new Error('A policy was created and not answered.');
  const policyRef = { ...ref, policyId: policy.id };
  await autoscaler.executePolicy(policyRef).finally(() => autoscaler.deletePolicy(policyRef));
}

/** Gives a command; that it is refused is part of the story, not an error of the run. */
async function command(
  stage: Play,
  entry: Extract<TimelineEntry, { group: string }>,
  details: readonly string[],
  give: () => Promise<void>,
): Promise<void> {
  const { group, do: what } = entry;
  stage.tell({ kind: 'acted', what, group, details });
  let came = 'done';
  try {
    await give();
    const watched = stage.group(group);
    if (what === 'pause' || what === 'resume') watched.paused = what === 'pause';
    if (what === 'delete-group') watched.deleted = true;
  } catch (error) {
    if (!(error instanceof LutraError)) throw error;
    came = `${error.type}: ${error.message}`;
  }
  stage.tell({ kind: 'commanded', what, group, came });
}

interface GroupServer {
  readonly id: string;
  readonly server: ServerRecord;
  readonly tenantId: TenantId;
}

/** Servers of one group, or of all, that nothing has happened to yet. */
function serversOf({ truths, groups }: Play, name: string | undefined): readonly GroupServer[] {
  return groups()
    .filter((group) => name === undefined || group.name === name)
    .flatMap(({ ref: { groupId, tenantId } }) => [...truths.of(groupId).values()].map((server) => ({ id: server.id, server, tenantId })))
    .filter(({ server }) => !server.deleting && server.status !== 'ERROR');
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
