import { between, type EpochMs, readServerMetadata, type ServerId, seconds, type TenantId } from '@lutra/core';
import type { WorldEvent } from '@lutra/simulator';
import type { ServerRecord } from '@lutra/simulator/truth';
import type { CheckerContext, CheckerKind } from './checker.ts';

type NodeEvent = Extract<WorldEvent, { nodeId: unknown }>;

/** The engine may count from just before its call reached the cloud. */
const tolerance = seconds(5);

/**
 * A group that drains cuts no connection early: a node of one of its ACTIVE servers, in a place where the server must be, is removed
 * only after it has been DRAINING for as long as the group says, or once it has no connections left. A server that somebody else
 * deletes has nothing to drain any more.
 */
export const drainHonoured: CheckerKind = {
  name: 'drain-honoured',
  make: (context) => {
    const servers = new Map<string, ServerId>();
    const drainingSince = new Map<string, EpochMs>();
    const taken = new Set<ServerId>();
    return {
      saw: ({ of, event }) => {
        if (of !== 'cloud') return;
        if (event.kind === 'server-changed') {
          if (event.address !== '') servers.set(`${event.tenantId}/${event.address}`, event.serverId);
          if (event.state === 'deleting' && event.by === 'outsider') taken.add(event.serverId);
        } else if (event.kind === 'node-added' || event.kind === 'node-changed') {
          if (event.condition !== 'DRAINING') drainingSince.delete(nodeKey(event));
          else if (!drainingSince.has(nodeKey(event))) drainingSince.set(nodeKey(event), event.at);
        } else if (event.kind === 'node-removed') {
          const since = drainingSince.get(nodeKey(event));
          drainingSince.delete(nodeKey(event));
          const server = ownerOf(event, servers, context);
          if (event.by === 'caller' && server !== undefined && !taken.has(server.id)) judge(event, server, since, context);
        }
      },
    };
  },
};

const nodeKey = ({ tenantId, loadBalancerId, nodeId }: NodeEvent): string => `${tenantId}/${loadBalancerId}/${nodeId}`;

/** The server at a node's address, if it is up and must be where the node is. */
function ownerOf(
  { tenantId, address, loadBalancerId, port }: NodeEvent,
  servers: ReadonlyMap<string, ServerId>,
  { world }: CheckerContext,
): ServerRecord | undefined {
  const id = servers.get(`${tenantId}/${address}`);
  const server = id === undefined ? undefined : findServer(tenantId, id, world);
  if (server?.status !== 'ACTIVE' || server.address !== address) return undefined;
  const places = readServerMetadata(server.metadata).desiredLoadBalancers;
  return places.some((place) => place.kind === 'clb' && place.loadBalancerId === loadBalancerId && place.port === port)
    ? server
    : undefined;
}
const findServer = (tenantId: TenantId, id: ServerId, world: CheckerContext['world']): ServerRecord | undefined =>
  world.tenant(tenantId).compute.servers.find(id);

function judge(event: NodeEvent, server: ServerRecord, since: EpochMs | undefined, context: CheckerContext): void {
  const group = server.groupId === undefined ? undefined : context.groups.get(server.groupId);
  if (group === undefined || event.condition === 'DISABLED' || event.connections === 0) return;
  const timeout = context.drainingTimeout(group);
  const drained = since === undefined ? 0 : between(since, event.at);
  if (timeout <= 0 || drained >= timeout - tolerance) return;
  violateFor(event, drained, timeout, context, group);
}

function violateFor(
  { nodeId, loadBalancerId, condition, connections }: NodeEvent,
  drained: number,
  timeout: number,
  { violate }: CheckerContext,
  group: Parameters<CheckerContext['drainingTimeout']>[0],
): void {
  const cut = connections === undefined ? '' : `, with ${connections} connections`;
  const how = condition === 'DRAINING' ? `after draining for ${drained / 1000} s of ${timeout / 1000} s` : 'without draining';
  violate(`node ${nodeId} of load balancer ${loadBalancerId} was removed ${how}${cut}`, group);
}
