/** The control plane that testers of such clouds know: behaviours, attributes, presets, tick (spec/simulator.md, section E). */

import { epochMs, type LoadBalancerId, milliseconds, type NodeId, type ServerId, seconds, type TenantId } from '@lutra/core';
import { secondsIn } from '../duration.ts';
import { type BehaviourEvent, behaviourEvents } from '../world/behaviours.ts';
import { isoOf } from '../world/iso-time.ts';
import { numberOf, objectOf, textOf } from '../world/json-values.ts';
import { refusals } from '../world/refusal.ts';
import type { Tenant } from '../world/tenant.ts';
import { type HttpAnswer, noSuchPath, refused } from './answer.ts';
import { endOfTime } from './control.ts';
import { type HttpRequest, jsonIn, param, type Route, tenantOf } from './request.ts';

const bad = (message: string): HttpAnswer => refused(refusals.badRequest(message));
const conflict = (message: string): HttpAnswer => ({ status: 409, body: { conflictingRequest: { message, code: 409 } } });
const nodeStatuses = ['ONLINE', 'OFFLINE'] as const;
const loadBalancerStatuses = ['ACTIVE', 'ERROR', 'PENDING_DELETE', 'PENDING_UPDATE'] as const;
/** Until somebody says otherwise. */
const forEver = milliseconds(100 * 365 * 86_400_000);

const isEvent = (name: string): name is BehaviourEvent => behaviourEvents.some((event) => event === name);
const register = (request: HttpRequest, tenant: TenantId | undefined): HttpAnswer => {
  const [event, asked] = [param(request.params, 'event'), jsonIn(request)];
  if (!isEvent(event)) return noSuchPath;
  if (asked === undefined) return bad('The request body is not a JSON object.');
  const added = request.world.behaviours.add(event, tenant, asked);
  return typeof added === 'string' ? bad(added) : { status: 201, body: { id: added.id } };
};
const unregister = ({ world, params }: HttpRequest, tenant: TenantId | undefined): HttpAnswer => {
  const event = param(params, 'event');
  return isEvent(event) && world.behaviours.remove(event, tenant, param(params, 'id')) ? { status: 204 } : noSuchPath;
};

/** With the tenant of the path, which nobody makes by steering it. */
const onTenant =
  (answer: (request: HttpRequest, tenant: Tenant) => HttpAnswer): Route['answer'] =>
  (request) =>
    request.world.knows(tenantOf(request)) ? answer(request, request.world.tenant(tenantOf(request))) : noSuchPath;

/** Statuses by server id; all or none. */
function setServers(request: HttpRequest, { compute }: Tenant): HttpAnswer {
  const wanted = Object.entries(objectOf(jsonIn(request)?.status) ?? {});
  if (wanted.length === 0) return bad('Expecting status: statuses by server id.');
  const servers = wanted.map(([id, status]) => ({ id, server: compute.servers.find(id as ServerId), status: textOf(status) ?? '' }));
  const missing = servers.filter(({ server }) => server === undefined).map(({ id }) => id);
  if (missing.length > 0) return bad(`There are no servers ${missing.join(', ')}.`);
  for (const { server, status } of servers) if (server !== undefined) compute.force(server, status);
  return { status: 201, body: '' };
}

function setLoadBalancer(request: HttpRequest, { loadBalancers }: Tenant): HttpAnswer {
  const id = param(request.params, 'loadBalancer') as LoadBalancerId;
  const record = loadBalancers.find(id);
  if (record === undefined) return refused(refusals.noSuchLoadBalancer(id));
  const status = loadBalancerStatuses.find((name) => name === textOf(jsonIn(request)?.status)?.replace('-', '_'));
  if (status === undefined) return bad(`status must be one of ${loadBalancerStatuses.join(', ')}.`);
  loadBalancers.force(record, status, status === 'ACTIVE' ? milliseconds(0) : forEver);
  if (status === 'ACTIVE') record.lockedUntil = epochMs(0);
  return { status: 204 };
}

function setNode(request: HttpRequest, { loadBalancers }: Tenant): HttpAnswer {
  const [id, nodeId] = [param(request.params, 'loadBalancer') as LoadBalancerId, param(request.params, 'node') as NodeId];
  const record = loadBalancers.find(id);
  if (record === undefined) return refused(refusals.noSuchLoadBalancer(id));
  if (!record.nodes.has(nodeId)) return refused(refusals.noSuchNode(id, nodeId));
  const status = nodeStatuses.find((name) => name === textOf(jsonIn(request)?.status));
  if (status === undefined) return bad(`status must be one of ${nodeStatuses.join(', ')}.`);
  loadBalancers.setStatus(record, nodeId, status);
  return { status: 200, body: '' };
}

async function tick(request: HttpRequest): Promise<HttpAnswer> {
  const amount = numberOf(jsonIn(request)?.amount);
  const span = amount === 0 ? seconds(0) : secondsIn(amount, -1);
  if (span < 0) return bad('amount must be a number of seconds, at most 100 years.');
  if (request.time === undefined) return conflict('This clock is real: it cannot be moved.');
  const now = await request.time.advance(span);
  if (now === undefined) return conflict(endOfTime);
  return { status: 200, body: { advanced: amount, now: isoOf(now) } };
}

/** Which values have a meaning of their own. */
const presets = {
  identity: { token_fail_to_auth: ['never-cache-this-and-fail-to-auth'] },
  loadbalancers: {
    lb_building: 'seconds in BUILD',
    lb_pending_update: 'seconds in PENDING_UPDATE after a write',
    lb_error_state: 'ERROR at the first write',
    lb_pending_delete: 'seconds in PENDING_DELETE',
  },
  servers: {
    create_server_failure: '{"message", "code", "type"}: the create fails',
    server_building: 'seconds in BUILD',
    server_error: 'ERROR at once',
    delete_server_failure: '{"code", "times"}: so many deletes fail',
    invalid_image_ref: ['INVALID-IMAGE-ID', '1111', 'image_ends_with_Z'],
    invalid_flavor_ref: ['INVALID-FLAVOR-ID', '8888', '-4', '1'],
  },
};

const identityBehaviours = '/mimic/v1.1/IdentityControlAPI/behaviors/:event';
export const testersControlRoutes: readonly Route[] = [
  { on: `POST ${identityBehaviours}`, answer: (request) => register(request, undefined) },
  { on: `DELETE ${identityBehaviours}/:id`, answer: (request) => unregister(request, undefined) },
  { on: 'POST /v2/:tenant/behaviors/:event', answer: (request) => register(request, tenantOf(request)) },
  { on: 'DELETE /v2/:tenant/behaviors/:event/:id', answer: (request) => unregister(request, tenantOf(request)) },
  { on: 'POST /v2/:tenant/attributes', answer: onTenant(setServers) },
  ...['/v1.0', '/v2'].flatMap((prefix): readonly Route[] => [
    { on: `PATCH ${prefix}/:tenant/loadbalancer/:loadBalancer/attributes`, answer: onTenant(setLoadBalancer) },
    { on: `PUT ${prefix}/:tenant/loadbalancers/:loadBalancer/nodes/:node/status`, answer: onTenant(setNode) },
  ]),
  { on: 'GET /mimic/v1.0/presets', answer: () => ({ status: 200, body: presets }) },
  { on: 'POST /mimic/v1.1/tick', answer: tick },
];
