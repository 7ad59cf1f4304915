/** Very many calls with every fault there is. Not part of the public API. */
import {
  epochMs,
  type LoadBalancerId,
  type NodeId,
  type PoolId,
  type Random,
  type ServerId,
  seconds,
  seededRandom,
  type TenantId,
} from '@lutra/core';
import { faultRuleSchema, paces, VirtualClock, World } from '@lutra/simulator';
import { loadBalancerId, nodeRequest, serverRequest } from '@lutra/simulator/testing';
import { checkSnapshot } from '@lutra/simulator/truth';
import { everyFault } from './every-fault.ts';

export interface SoakReport {
  readonly calls: number;
  /** Faults that were met, and how often all together. */
  readonly faults: number;
  /** Those that were not. */
  readonly unmet: readonly string[];
  readonly hits: number;
  /** Virtual time that passed. */
  readonly seconds: number;
}

const tenants = ['1', '2', '3', '4', '5'] as TenantId[];
/** Calls in flight at once; one that never ends is left behind. */
const inFlight = 50;
const pool = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d' as PoolId;

/** Makes so many calls of every kind, by lot, each met by each fault with a small probability. `at`: told after each tenth of them. */
export async function soak(calls: number, seed: string, at: (part: number) => void = () => {}): Promise<SoakReport> {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const rules = everyFault(0.01).map((rule) => faultRuleSchema.parse(rule));
  const world = new World({ clock, random, pace: paces.demo, faults: rules, quota: {} });
  for (const id of tenants) {
    const tenant = world.tenant(id);
    tenant.loadBalancers.make(loadBalancerId, { healthMonitor: true });
    tenant.pools.make(pool);
  }
  const start = clock.now();
  /** The last token of each tenant. */
  const tokens = new Map<TenantId, string>();
  for (let done = 0; done < calls; done += inFlight) {
    for (let n = 0; n < inFlight; n += 1) void anyCall(world, random, tokens, done + n);
    await clock.runUntil((clock.now() + seconds(1)) as typeof start);
    if (Math.floor((done + inFlight) / (calls / 10)) === Math.floor(done / (calls / 10))) continue;
    checkSnapshot(JSON.parse(JSON.stringify(world.snapshot()))); // whatever came of the faults can be gone on from
    at(Math.floor((done + inFlight) / (calls / 10)));
  }
  const hits = world.faults.hits();
  return {
    calls,
    faults: hits.filter((one) => one.hits > 0).length,
    unmet: hits.filter((one) => one.hits === 0).map(({ id }) => id),
    hits: hits.reduce((sum, one) => sum + one.hits, 0),
    seconds: (clock.now() - start) / 1000,
  };
}

/** A call that a client could make, about things that are there. */
function anyCall(world: World, random: Random, tokens: Map<TenantId, string>, n: number): Promise<unknown> {
  const lot = (of: string, many: number): number => Math.floor(random.at('soak', of, n) * many);
  const tenantId = tenants[lot('tenant', tenants.length)] ?? ('1' as TenantId);
  const tenant = world.tenant(tenantId);
  if (tenant.loadBalancers.all().length === 0) {
    tenant.loadBalancers.make(`${loadBalancerId}${n}` as LoadBalancerId);
  }
  const balancer = tenant.loadBalancers.all().at(-1)?.id ?? loadBalancerId;
  const servers = tenant.compute.servers.all();
  const serverId = servers[lot('server', servers.length)]?.id ?? ('none' as ServerId);
  const nodes = [...(tenant.loadBalancers.find(balancer)?.nodes.keys() ?? [])];
  const nodeId = nodes[lot('node', nodes.length)] ?? ('0' as NodeId);
  const change = { condition: 'DRAINING', weight: 1, type: 'PRIMARY' } as const;
  const members = [{ poolId: pool, serverId }];
  const marker = lot('marker', 4) === 0 && servers.length > 0 ? serverId : undefined;
  const about = { loadBalancerId: balancer };
  const owner = world.identity.ownerOf(tenantId)?.name ?? `owner of ${tenantId}`;
  const credentials = { kind: 'password', user: owner, secret: world.identity.user(owner)?.password ?? 'any' } as const;
  const token = tokens.get(tenantId) ?? '';
  switch (lot('call', 22)) {
    case 16: {
      const logIn = world.call('token.create', tenantId, { credentials, tenantId });
      return logIn.then((answer) => (answer.kind === 'done' ? tokens.set(tenantId, answer.value.token.id) : undefined));
    }
    case 17:
      return world.call('token.list_endpoints', tenantId, { token, by: token });
    case 18:
      return world.call('user.get_of_tenant', tenantId, { tenant: tenantId, credentials });
    case 19:
      return world.call('load_balancer.get_feed', tenantId, { ...about, about: 'all' });
    case 20:
      return world.call('event.publish', tenantId, {
        feed: 'soak',
        entry: { content: { event: { id: `event-${n}`, product: { message: 'x'.repeat(lot('length', 300)) } } } },
      });
    case 21:
      return world.call('server.list', tenantId, { filter: { changesSince: epochMs(world.now() - 60_000) } });
    case 0:
    case 1:
      return servers.length < 60
        ? world.call('server.create', tenantId, serverRequest(`web-${n}`))
        : world.call('server.delete', tenantId, { serverId });
    case 2:
    case 3:
      return world.call('server.delete', tenantId, { serverId });
    case 4:
      return world.call('server.set_metadata', tenantId, { serverId, key: `key${lot('key', 50)}`, value: String(n) });
    case 5:
      return world.call('server.get', tenantId, { serverId });
    case 6:
      return world.call('load_balancer.list', tenantId, {});
    case 7:
      return world.call('health_monitor.get', tenantId, about);
    case 8:
      return world.call('node.list', tenantId, about);
    case 9:
      return world.call('node.add', tenantId, { ...about, nodes: [nodeRequest(`192.0.2.${lot('address', 250)}`)] });
    case 10:
      return world.call('node.change', tenantId, { ...about, nodeId, change });
    case 11:
      return world.call('node.remove', tenantId, { ...about, nodeIds: nodes.slice(0, 3) });
    case 12:
      return tenant.pools.all().length < 30 ? world.call('pool_member.add', tenantId, { members }) : Promise.resolve();
    case 13:
      // The oldest too: deleted servers stay in their pools until somebody takes them out.
      return world.call('pool_member.remove', tenantId, { members: [...tenant.pools.all().slice(0, 3), ...members] });
    case 14:
      return world.call('pool_member.list', tenantId, {});
    default:
      return world.call('server.list', tenantId, { limit: 20, marker });
  }
}
