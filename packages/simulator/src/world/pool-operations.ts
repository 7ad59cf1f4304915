import type { JsonObject, JsonValue, PoolId, PoolMember, ServerId } from '@lutra/core';
import { messageIn } from './event-message.ts';
import { longestEntry, mostFeeds } from './feed.ts';
import { objectOf, sizeOf } from './json-values.ts';
import type { Operations } from './operation.ts';
import type { PoolCalls } from './pool-calls.ts';
import { type Refusal, refusals } from './refusal.ts';
import type { Tenant } from './tenant.ts';

/** Characters of an event's message. */
const longestMessage = 255;

function missingPools(tenant: Tenant, members: readonly PoolMember[]): Refusal | undefined {
  const missing = [...new Set(members.map(({ poolId }) => poolId))].filter((id) => !tenant.pools.has(id));
  if (missing.length === 0) return undefined;
  return refusals.poolErrors(missing.map(noPool), 'pool-refused');
}
/** RackConnect writes the ids of pools in capitals, however they were asked for. */
const poolName = (id: PoolId): string => `Load Balancer Pool ${id.toUpperCase()}`;
const noPool = (id: PoolId): string => `${poolName(id)} does not exist`;
const inactive = (id: PoolId): string => `${poolName(id)} is not in an ACTIVE state`;

const unprocessable = (id: ServerId): string => `Cloud Server ${id} is unprocessable`;
/** A pool that is on a network takes servers that are on it, whoever adds them (spec/providers.md, section 5). */
function isAttached({ pools, compute }: Tenant, { poolId, serverId }: PoolMember): boolean {
  const [network, server] = [pools.networkOf(poolId), compute.servers.find(serverId)];
  return network === undefined || server === undefined || Object.hasOwn(server.isolated, network.label);
}
function whyNotAttached(tenant: Tenant, members: readonly PoolMember[]): Refusal | undefined {
  const errors = members.filter((member) => !isAttached(tenant, member)).map(({ serverId }) => unprocessable(serverId));
  return errors.length === 0 ? undefined : refusals.poolErrors([...new Set(errors)], 'pool-not-ready');
}

/** Everything that is wrong with adding, pair by pair (spec/providers.md, section 5). */
function whyNotAdded(tenant: Tenant, members: readonly PoolMember[]): Refusal | undefined {
  const errors = members.flatMap(({ poolId, serverId }) => {
    const pool = tenant.pools.pool(poolId);
    if (pool === undefined) return [noPool(poolId)];
    if (pool.status !== 'ACTIVE') return [inactive(poolId)];
    const server = tenant.compute.servers.find(serverId);
    if (server === undefined) return [`Cloud Server ${serverId} does not exist`];
    const node = tenant.pools.node(poolId, serverId);
    if (node !== undefined && node.status !== 'REMOVING') return [`Cloud Server ${serverId} is already a member of ${poolName(poolId)}`];
    return server.status === 'ACTIVE' && isAttached(tenant, { poolId, serverId }) ? [] : [unprocessable(serverId)];
  });
  if (errors.length === 0) return undefined;
  return refusals.poolErrors(
    [...new Set(errors)],
    errors.every((error) => error.endsWith('unprocessable')) ? 'pool-not-ready' : 'pool-refused',
  );
}
function whyNotRemoved(tenant: Tenant, members: readonly PoolMember[]): Refusal | undefined {
  const errors = members.flatMap(({ poolId, serverId }) => {
    const pool = tenant.pools.pool(poolId);
    if (pool === undefined) return [noPool(poolId)];
    if (pool.status !== 'ACTIVE') return [inactive(poolId)];
    if (tenant.pools.node(poolId, serverId) !== undefined) return [];
    if (tenant.compute.servers.find(serverId) === undefined) return [`Cloud Server ${serverId} does not exist`];
    return [`Cloud Server ${serverId} is not a member of ${poolName(poolId)}`];
  });
  if (errors.length > 0) return refusals.poolErrors([...new Set(errors)], 'pool-refused');
  // A node that is being added, of a server that is gone, cannot be removed in bulk yet.
  return members.some(({ poolId, serverId }) => isOrphanInWaiting(tenant, poolId, serverId)) ? refusals.fault('rcv3', 500) : undefined;
}
const isOrphanInWaiting = (tenant: Tenant, poolId: PoolId, serverId: ServerId): boolean =>
  tenant.pools.node(poolId, serverId)?.status === 'ADDING' && tenant.compute.servers.find(serverId) === undefined;
const nodeIn = (tenant: Tenant, poolId: PoolId, id: string) => tenant.pools.nodes(poolId).find((node) => node.id === id);
function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('What was found valid is not there.');
  return thing;
}
const tellMembers = (members: readonly PoolMember[]): readonly string[] => members.map(({ poolId, serverId }) => `${poolId} ${serverId}`);
const poolsOf = (_tenant: Tenant, { members }: { readonly members: readonly PoolMember[] }) => ({
  poolIds: members.map(({ poolId }) => poolId),
});
const keyless = { key: () => '', validate: () => undefined };
const onPool = {
  key: ({ poolId }: { readonly poolId: PoolId }) => poolId,
  validate: ({ pools }: Tenant, { poolId }: { readonly poolId: PoolId }) => (pools.has(poolId) ? undefined : refusals.noSuchPool(poolId)),
};

/** What RackConnect v3 does, and Cloud Feeds. Additions and removals are all or nothing. */
export const poolOperations: Operations<keyof PoolCalls> = {
  'pool.list': { ...keyless, commit: ({ pools }) => pools.pools(), tellValue: (pools) => ({ pools: pools.length }) },
  'pool.get': { ...onPool, commit: ({ pools }, { poolId }) => found(pools.pool(poolId)) },
  'pool_node.list': { ...onPool, commit: ({ pools }, { poolId }) => pools.nodes(poolId), tellValue: (nodes) => ({ nodes: nodes.length }) },
  'pool_node.list_details': {
    ...onPool,
    commit: ({ pools, compute }, { poolId }) =>
      pools.nodes(poolId).map((node) => {
        const server = compute.servers.find(node.serverId);
        return { node, serverName: server?.name ?? null, addresses: server?.isolated ?? {} };
      }),
  },
  'pool_node.get': {
    key: ({ poolId, nodeId }) => `${poolId}/${nodeId}`,
    validate: (tenant, { poolId, nodeId }) =>
      onPool.validate(tenant, { poolId }) ?? (nodeIn(tenant, poolId, nodeId) === undefined ? refusals.noSuchPoolNode(nodeId) : undefined),
    commit: (tenant, { poolId, nodeId }) => found(nodeIn(tenant, poolId, nodeId)),
  },
  'pool_node.remove': {
    key: ({ poolId, nodeId }) => `${poolId}/${nodeId}`,
    validate: (tenant, { poolId, nodeId }) => {
      const refusal = onPool.validate(tenant, { poolId });
      if (refusal !== undefined) return refusal;
      const node = nodeIn(tenant, poolId, nodeId);
      if (node === undefined) return refusals.noSuchPoolNode(nodeId);
      if (tenant.pools.pool(poolId)?.status !== 'ACTIVE') return refusals.poolErrors([inactive(poolId)], 'pool-refused');
      return node.status === 'ADDING' ? refusals.poolNodeBusy(nodeId) : undefined;
    },
    commit: (tenant, { poolId, nodeId }) => {
      tenant.pools.remove([{ poolId, serverId: found(nodeIn(tenant, poolId, nodeId)).serverId }]);
      return null;
    },
  },
  'pool_member.list': { ...keyless, commit: ({ pools }) => pools.all(), tellValue: (members) => ({ members: members.length }) },
  'pool_member.add': {
    key: ({ members }) => members[0]?.poolId ?? '',
    subject: poolsOf,
    validate: (tenant, { members, strict = false }) =>
      strict ? whyNotAdded(tenant, members) : (missingPools(tenant, members) ?? whyNotAttached(tenant, members)),
    commit: ({ pools }, { members }) => pools.add(members),
    tellParams: ({ members }) => tellMembers(members),
  },
  'pool_member.remove': {
    key: ({ members }) => members[0]?.poolId ?? '',
    subject: poolsOf,
    // Otherwise what is in no pool is in this one neither.
    validate: (tenant, { members, strict = false }) => (strict ? whyNotRemoved(tenant, members) : undefined),
    commit: ({ pools }, { members }) => {
      pools.remove(members);
      return null;
    },
    tellParams: ({ members }) => tellMembers(members),
  },
  'cloud_network.list': { ...keyless, commit: ({ pools }) => pools.networks() },
  'cloud_network.get': {
    key: ({ id }) => id,
    validate: ({ pools }, { id }) => (pools.networks().some((network) => network.id === id) ? undefined : refusals.noSuchCloudNetwork(id)),
    commit: ({ pools }, { id }) => found(pools.networks().find((network) => network.id === id)),
  },
  'event.publish': {
    key: ({ entry }) => eventIn(entry)?.id ?? '',
    validate: ({ feeds }, { feed, entry }) => {
      if (sizeOf(entry) > longestEntry) return refusals.badEvent(`An entry has at most ${longestEntry} characters.`);
      if (!feeds.hasRoomFor(feed)) return refusals.badEvent(`A tenant has at most ${mostFeeds} feeds.`);
      const event = eventIn(entry);
      if (event === undefined) return refusals.badEvent('entry.content.event with an id is required.');
      if ((event.message?.length ?? 0) > longestMessage) return refusals.badEvent(`message is longer than ${longestMessage} characters.`);
      return feeds.has(event.id) ? refusals.eventExists(event.id) : undefined;
    },
    commit: ({ feeds }, { feed, entry }, { now }) => feeds.publish(feed, found(eventIn(entry)).id, entry, now),
    tellParams: ({ feed }): JsonValue => ({ feed }),
  },
  'event.list': { key: ({ feed }) => feed, validate: () => undefined, commit: ({ feeds }, { feed }) => feeds.events(feed) },
};

function eventIn(entry: JsonObject): { readonly id: string; readonly message: string | undefined } | undefined {
  const event = objectOf(objectOf(entry.content)?.event);
  return typeof event?.id === 'string' ? { id: event.id, message: messageIn(entry) } : undefined;
}
