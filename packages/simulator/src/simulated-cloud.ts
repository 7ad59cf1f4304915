import {
  type CallOptions,
  type Cloud,
  CloudError,
  type LoadBalancer,
  type LoadBalancerId,
  type NodeId,
  type PoolId,
  type PoolMember,
  type Server,
  type ServerId,
  seconds,
  type TenantId,
  type UnreadLoadBalancer,
  type WriteOptions,
} from '@lutra/core';
import { Caller, raise, together } from './calling.ts';
import type { CallGuard } from './virtual-clock.ts';
import type { ServerPage } from './world/calls.ts';
import { parseServer, readServer } from './world/server-json.ts';
import { World, type WorldOptions } from './world/world.ts';

/** What a simulated cloud in process is made of. */
export interface SimulatedCloudOptions extends WorldOptions {
  /** Told of every call in flight; the virtual clock is one. */
  readonly guard?: CallGuard;
}
/** A cloud for the engine, and the world behind it for whoever plays fate. */
export interface SimulatedCloud extends Cloud {
  readonly world: World;
}

/** A simulated cloud in process: the core's `Cloud` port over a `World` of its own. Settles by microtasks and the given clock only. */
export function createSimulatedCloud({ guard, ...options }: SimulatedCloudOptions): SimulatedCloud {
  return cloudOver(new World(options), guard);
}

/** The core's `Cloud` port over a world that exists already. */
export function cloudOver(world: World, guard?: CallGuard): SimulatedCloud {
  const caller = new Caller(world, guard);
  return { world, events$: (tenantId) => world.hints$(tenantId), ...reads(caller), ...serverWrites(caller), ...memberWrites(caller) };
}

type Reads =
  | 'listServers'
  | 'findServers'
  | 'getServer'
  | 'getServers'
  | 'serversAt'
  | 'listLoadBalancers'
  | 'getLoadBalancer'
  | 'listPoolMembers'
  | 'getImage'
  | 'hasFlavor'
  | 'getLimits';
type ServerWrites = 'createServer' | 'deleteServer' | 'setServerMetadata' | 'stripServerMetadata';
type MemberWrites = 'addNodes' | 'changeNode' | 'removeNodes' | 'addPoolMembers' | 'removePoolMembers';

const loadBalancerIsGone: readonly string[] = ['no-such-load-balancer', 'load-balancer-deleted'];

const reads = (caller: Caller): Pick<Cloud, Reads> => ({
  listServers: async (tenantId, options) => {
    const { servers, cloudNow } = await wholeListing(caller, tenantId, options);
    return { servers: [...new Map(servers.map((row) => [row.id, row])).values()].map(readServer), cloudNow };
  },
  getServer: async (tenantId, serverId, options) => {
    const json = await caller.callUnless(['no-such-server'], 'server.get', tenantId, { serverId }, options);
    return json && parseServer(json);
  },
  findServers: async (tenantId, name, options) => {
    const { servers } = await caller.call('server.list', tenantId, { name }, options);
    return servers.map(readServer);
  },
  getServers: async (tenantId, ids, options) => {
    const found = await readServers(caller, tenantId, ids, options);
    const [failed] = found.filter((one) => one instanceof CloudError);
    if (failed !== undefined && found.every((one) => one instanceof CloudError)) throw failed;
    return {
      servers: found.flatMap((one) => (one === undefined || one instanceof CloudError ? [] : [one])),
      absent: ids.filter((_, index) => found[index] === undefined),
    };
  },
  serversAt: async (tenantId, address, options) => {
    const { servers } = await caller.call('server.list', tenantId, { filter: { ip: exactly(address) } }, options);
    return servers.map(readServer);
  },
  getLoadBalancer: (tenantId, loadBalancerId, options) => readLoadBalancer(caller, tenantId, loadBalancerId, options),
  listLoadBalancers: (tenantId, options) =>
    together(options, async (linked) => {
      const { value: summaries, cloudNow } = await inTime(caller, linked, (timed) =>
        caller.dated('load_balancer.list', tenantId, {}, timed),
      );
      const read = await Promise.all(summaries.map(({ id }) => readOneOfAll(caller, tenantId, id, linked)));
      return {
        loadBalancers: read.flatMap((one) => (one === undefined || 'reason' in one ? [] : [one])),
        unread: read.flatMap((one) => (one !== undefined && 'reason' in one ? [one] : [])),
        cloudNow,
      };
    }),
  listPoolMembers: async (tenantId, options) => {
    const members = await caller.call('pool_member.list', tenantId, {}, options);
    return members.map(({ poolId, serverId }) => ({ poolId: poolId.toLowerCase() as PoolId, serverId }));
  },
  getImage: (tenantId, id, options) => caller.callUnless([404], 'image.get', tenantId, { id }, options),
  hasFlavor: async (tenantId, id, options) => (await caller.callUnless([404], 'flavor.get', tenantId, { id }, options)) !== undefined,
  getLimits: async (tenantId, options) => {
    const { maxPersonality, maxPersonalitySize } = await caller.call('limits.get', tenantId, {}, options);
    return { maxPersonality, maxPersonalitySize };
  },
});

const serverWrites = (caller: Caller): Pick<Cloud, ServerWrites> => ({
  createServer: async (tenantId, { server }, options) => {
    const { id, links } = await caller.call('server.create', tenantId, { server }, options);
    return { id, links };
  },
  deleteServer: async (tenantId, serverId, options) => {
    await caller.callUnless(['no-such-server'], 'server.delete', tenantId, { serverId }, options);
  },
  setServerMetadata: async (tenantId, serverId, key, value, options) => {
    await caller.call('server.set_metadata', tenantId, { serverId, key, value }, options);
  },
  stripServerMetadata: async (tenantId, serverId, prefixes, options) => {
    await caller.call('server.strip_metadata', tenantId, { serverId, prefixes }, options);
  },
});

const memberWrites = (caller: Caller): Pick<Cloud, MemberWrites> => ({
  addNodes: async (tenantId, loadBalancerId, nodes, options) => {
    await caller.call('node.add', tenantId, { loadBalancerId, nodes }, options);
  },
  changeNode: async (tenantId, loadBalancerId, nodeId, change, options) => {
    await caller.call('node.change', tenantId, { loadBalancerId, nodeId, change }, options);
  },
  removeNodes: async (tenantId, loadBalancerId, nodeIds, options) => {
    let left = nodeIds;
    // A refusal names ids that are gone; each round has fewer, so that there are at most as many rounds as ids.
    while (left.length > 0) {
      const answer = await caller.ask('node.remove', tenantId, { loadBalancerId, nodeIds: left }, options, attempt(left === nodeIds));
      if (answer.kind === 'done') return;
      if (answer.kind === 'refused' && loadBalancerIsGone.includes(answer.refusal.kind)) return;
      const unknown = new Set<NodeId>(answer.kind === 'refused' ? answer.refusal.unknownNodes : []);
      if (unknown.size === 0) raise('node.remove', answer);
      left = left.filter((id) => !unknown.has(id));
    }
  },
  addPoolMembers: (tenantId, members, options) => untilSettled(caller, 'pool_member.add', tenantId, members, options),
  removePoolMembers: (tenantId, members, options) => untilSettled(caller, 'pool_member.remove', tenantId, members, options),
});

/** What a call rejects with that may not start an attempt: its first one, or another. */
const attempt = (isFirst: boolean) => (isFirst ? 'not-started' : 'not-repeated');

/** Sends members again without those that are settled already. Each round has fewer, so that there are at most as many rounds as members. */
async function untilSettled(
  caller: Caller,
  op: 'pool_member.add' | 'pool_member.remove',
  tenantId: TenantId,
  members: readonly PoolMember[],
  options: WriteOptions,
): Promise<void> {
  let left = members;
  while (left.length > 0) {
    const answer = await caller.ask(op, tenantId, { members: left }, options, attempt(left === members));
    if (answer.kind === 'done') return;
    const settled = answer.kind === 'refused' ? (answer.refusal.settledMembers ?? []) : [];
    if (settled.length === 0) raise(op, answer);
    left = left.filter((member) => !settled.some(({ poolId, serverId }) => poolId === member.poolId && serverId === member.serverId));
  }
}

/** Pages asked for in one listing, at most. */
const pagesPerListing = 2000;

/** Every page of a listing, each server once. A page that links to one that was read already is no answer. */
async function wholeListing(caller: Caller, tenantId: TenantId, options: CallOptions): Promise<ServerPage> {
  const first = await caller.call('server.list', tenantId, {}, options);
  if (first.next === undefined) return first;
  const servers = [...first.servers];
  const seen = new Set<ServerId>();
  for (let marker: ServerId | undefined = first.next; marker !== undefined; ) {
    if (seen.has(marker) || seen.size >= pagesPerListing)
      throw new CloudError('bad-answer', `server.list: the pages after ${marker} do not end`);
    seen.add(marker);
    const page: ServerPage = await caller.call('server.list', tenantId, { marker }, options);
    servers.push(...page.servers);
    marker = page.next;
  }
  return { ...first, servers, next: undefined };
}

/** Servers asked for by id at one time. */
const serversAtOnce = 5;

/** Each of these servers, in their order; undefined: there is none; an error: it was not answered. */
async function readServers(
  caller: Caller,
  tenantId: TenantId,
  ids: readonly ServerId[],
  options: CallOptions,
): Promise<readonly (Server | CloudError | undefined)[]> {
  const found: (Server | CloudError | undefined)[] = [];
  while (found.length < ids.length) {
    const some = ids.slice(found.length, found.length + serversAtOnce);
    found.push(
      ...(await Promise.all(
        some.map((serverId) =>
          orError(inTime(caller, options, (timed) => caller.callUnless(['no-such-server'], 'server.get', tenantId, { serverId }, timed))),
        ),
      ).then((answers) => answers.map((one) => (one === undefined || one instanceof CloudError ? one : parseServer(one))))),
    );
  }
  return found;
}

/** A load balancer by itself: its details carry its nodes and its health monitor. */
async function readLoadBalancer(
  caller: Caller,
  tenantId: TenantId,
  loadBalancerId: LoadBalancerId,
  options: CallOptions,
): Promise<LoadBalancer | undefined> {
  const found = await caller.callUnless(loadBalancerIsGone, 'load_balancer.get', tenantId, { loadBalancerId }, options);
  if (found === undefined || found.status === 'DELETED') return undefined; // it is still shown, and gone all the same
  return { id: loadBalancerId, status: found.status, healthMonitor: Object.keys(found.monitor).length > 0, nodes: found.nodes };
}

/** One of those that are listed. Rejects only where the cloud asks to stay away: that is about all of them. */
async function readOneOfAll(
  caller: Caller,
  tenantId: TenantId,
  id: LoadBalancerId,
  options: CallOptions,
): Promise<LoadBalancer | UnreadLoadBalancer | undefined> {
  const found = await orError(inTime(caller, options, (timed) => readLoadBalancer(caller, tenantId, id, timed)));
  if (!(found instanceof CloudError)) return found;
  if (found.retryAfter !== undefined || found.kind === 'rate-limited') throw found;
  return { id, reason: found.message };
}

/** What a call answers, or why it was not answered. */
const orError = <T>(call: Promise<T>): Promise<T | CloudError> =>
  call.catch((error: unknown) => {
    if (error instanceof CloudError) return error;
    throw error;
  });

/** No single answer of several that make one is waited for for longer. */
const answerDeadline = seconds(45);

/** A call of several, which is given up by itself. */
async function inTime<T>(caller: Caller, { signal }: CallOptions, call: (options: CallOptions) => Promise<T>): Promise<T> {
  return together({ signal }, async (linked) => {
    const controller = new AbortController();
    const giveUp = (): void => controller.abort(linked.signal.reason);
    const timer = caller.world.after(answerDeadline).subscribe(giveUp);
    linked.signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await call({ signal: controller.signal });
    } finally {
      timer.unsubscribe();
    }
  });
}

/** A pattern that only this text fits. */
const exactly = (text: string): string => `^${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
