import { between, type EpochMs, type LoadBalancerId, readServerMetadata, type ServerId, type TenantId } from '@lutra/core';
import type { WorldEvent } from '@lutra/simulator';
import type { ServerRecord } from '@lutra/simulator/truth';
import { isMarked } from '@lutra/simulator/truth';
import type { CheckerContext, CheckerKind } from './checker.ts';

type NodeEvent = Extract<WorldEvent, { nodeId: unknown }>;
interface Unplugged {
  readonly server: ServerRecord;
  /** The time that one pass has counts from here. */
  readonly at: EpochMs;
  /** It could not be deleted when this was last looked at. */
  readonly held: boolean;
  readonly place: string;
  readonly metadata: ServerRecord['metadata'];
}

/**
 * No healthy node is taken out of rotation for nothing: whoever removes the ENABLED and ONLINE node of an ACTIVE server of a group, in a
 * place where the server must be, has the server deleted, let go, or asked out as well, before or within the time in which
 * one pass could. A server that is down by then, or a node that somebody brought back, needs no reason either. A surplus server stays for as
 * long as its node on another load balancer cannot be removed (spec/planner.md, D5), and as long as one pass has after that.
 */
export const inRotation: CheckerKind = {
  name: 'in-rotation',
  make: (context) => {
    const unplugged = new Map<string, Unplugged>();
    const addressOf = new Map<string, ServerId>();
    const askedOut = new Set<ServerId>();
    const failures = new Failures();
    const settle = (now: EpochMs, all: boolean): void => {
      for (const [node, one] of unplugged) {
        if (!all && between(one.at, now) <= context.decidedWithin) return; // the oldest come first
        unplugged.delete(node);
        if (isIdle(one, context) || askedOut.has(one.server.id)) continue;
        const held = isHeld(one, node, failures, context);
        if ((held || one.held) && isSurplus(one.server, context)) {
          if (!all) unplugged.set(node, { ...one, at: now, held });
          continue;
        }
        const group = one.server.groupId === undefined ? undefined : context.groups.get(one.server.groupId);
        context.violate(`server ${one.server.id} was taken off ${one.place} though it is well and stays`, group);
      }
    };
    return {
      saw: ({ of, event }) => {
        settle(event.at, false);
        if (of === 'scenario') {
          if (event.what === 'remove-servers') for (const id of event.details ?? []) askedOut.add(id as ServerId);
          return;
        }
        if (of !== 'cloud') return;
        failures.saw(event);
        if (event.kind === 'called' && event.op === 'server.delete') askedOut.add(event.key as ServerId);
        else if (event.kind === 'server-changed' && event.address !== '')
          addressOf.set(`${event.tenantId}/${event.address}`, event.serverId);
        else if (event.kind === 'node-added') unplugged.delete(placeOf(event));
        else if (event.kind === 'node-removed' && event.by === 'caller') {
          const server = healthyServerAt(event, addressOf, context);
          if (server === undefined) return;
          const { metadata } = server;
          unplugged.set(placeOf(event), { server, at: event.at, held: false, metadata, place: `${event.loadBalancerId}:${event.port}` });
        }
      },
      ended: () => settle(context.now(), true),
    };
  },
};

/** When calls about load balancers last failed. */
class Failures {
  readonly #at = new Map<string, EpochMs>();
  readonly #open = new Map<number, string>();

  saw(event: WorldEvent): void {
    if (event.kind === 'called' && /^(?:load_balancer|node)\./.test(event.op) && event.key !== '')
      this.#open.set(event.call, `${event.tenantId}/${event.key.split('/')[0]}`);
    if (event.kind !== 'answered') return;
    const loadBalancer = this.#open.get(event.call);
    this.#open.delete(event.call);
    if (loadBalancer !== undefined && event.answer !== 'done') this.#at.set(loadBalancer, event.at);
  }

  lastOf(tenantId: TenantId, id: LoadBalancerId): EpochMs | undefined {
    return this.#at.get(`${tenantId}/${id}`);
  }
}

/** The server has a node elsewhere, on a load balancer that takes no writes or lately did not answer. */
function isHeld({ server }: Unplugged, node: string, failures: Failures, { world, now, decidedWithin }: CheckerContext): boolean {
  const tenantId = node.split('/')[0] as TenantId;
  const { loadBalancers } = world.tenant(tenantId);
  return loadBalancers.all().some((record) => {
    if (![...record.nodes.values()].some(({ address }) => address === server.address)) return false;
    const failedAt = failures.lastOf(tenantId, record.id);
    return loadBalancers.statusOf(record) !== 'ACTIVE' || (failedAt !== undefined && between(failedAt, now()) <= decidedWithin);
  });
}

/** The server's group has more servers than are desired. */
function isSurplus({ groupId }: ServerRecord, { groups, truths }: CheckerContext): boolean {
  const group = groupId === undefined ? undefined : groups.get(groupId);
  if (group === undefined) return false;
  const staying = [...truths.of(group.ref.groupId).values()].filter((one) => one.status !== 'ERROR' && !one.deleting && !isMarked(one));
  return staying.length > (group.deleted ? 0 : group.desired);
}

const placeOf = ({ tenantId, loadBalancerId, address, port }: NodeEvent): string => `${tenantId}/${loadBalancerId}/${address}:${port}`;

/** Nothing more is expected of the server: it goes, is down, or is said to belong elsewhere. */
function isIdle({ server, metadata }: Unplugged, { world }: CheckerContext): boolean {
  const gone = !world.tenants().some(({ compute }) => compute.servers.find(server.id) === server);
  return gone || server.deleting || server.status !== 'ACTIVE' || isMarked(server) || server.metadata !== metadata;
}

function healthyServerAt(
  { tenantId, address, loadBalancerId, port, condition, status }: NodeEvent,
  addressOf: ReadonlyMap<string, ServerId>,
  { world }: CheckerContext,
): ServerRecord | undefined {
  const id = addressOf.get(`${tenantId}/${address}`);
  const server = id === undefined ? undefined : world.tenant(tenantId).compute.servers.find(id);
  if (condition !== 'ENABLED' || status !== 'ONLINE' || server?.address !== address || server.groupId === undefined) return undefined;
  if (server.status !== 'ACTIVE' || server.deleting || isMarked(server)) return undefined;
  const { desiredLoadBalancers } = readServerMetadata(server.metadata);
  const wanted = desiredLoadBalancers.some(
    (place) => place.kind === 'clb' && place.loadBalancerId === loadBalancerId && place.port === port,
  );
  return wanted ? server : undefined;
}
