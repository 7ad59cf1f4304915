import type { JsonObject, JsonValue, LoadBalancerId, ServerId, TenantId } from '@lutra/core';
import type { Answer, OperationName, ParamsOf, ShownNode, ValueOf } from '../world/calls.ts';
import { serversPerPage } from '../world/catalogue.ts';
import { type Refusal, refusals } from '../world/refusal.ts';
import type { WireFault } from '../world/wire-fault.ts';
import type { World } from '../world/world.ts';

/** What goes back over the wire; `reset`: nothing, the connection breaks. */
export type HttpAnswer =
  | {
      readonly status: number;
      readonly body?: JsonValue;
      readonly headers?: Readonly<Record<string, string>>;
      /** What of the transport is in its way. */
      readonly wire?: WireFault;
    }
  | 'reset';

export interface RouteContext {
  readonly world: World;
  readonly tenantId: TenantId;
  /** The last variable part of the path: an id, or empty. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** `http://host:port` as the client calls us. */
  readonly origin: string;
}
export interface Route {
  readonly method: string;
  /** Groups: tenant, and id if there is one. */
  readonly path: RegExp;
  readonly answer: (context: RouteContext) => Promise<HttpAnswer>;
}

/** Calls the world, and turns what comes back into HTTP: `done` says how an answer looks. */
async function ask<N extends OperationName>(
  { world, tenantId }: RouteContext,
  op: N,
  params: ParamsOf<N>,
  done: (value: ValueOf<N>) => HttpAnswer,
): Promise<HttpAnswer> {
  const answer: Answer<ValueOf<N>> = await world.call(op, tenantId, params);
  if (answer.kind === 'lost') return 'reset';
  const { wire } = answer;
  const shown = answer.kind === 'done' ? done(answer.value) : refused(answer.refusal);
  return wire === undefined || shown === 'reset' ? shown : { ...shown, wire };
}
/** A server cannot refuse a connection that it has taken: breaking it is the nearest to that. */
function refused({ status, body, retryAfter }: Refusal): HttpAnswer {
  if (status === 0) return 'reset';
  return retryAfter === undefined ? { status, body } : { status, body, headers: { 'Retry-After': String(Math.ceil(retryAfter / 1000)) } };
}

const listServers: Route['answer'] = async (context) => {
  const { query, tenantId, origin } = context;
  const asked = query.get('limit');
  if (asked !== null && !/^\d+$/.test(asked)) return refused(refusals.badRequest('limit param must be an integer'));
  const limit = Math.min(Number(asked ?? serversPerPage) || serversPerPage, serversPerPage);
  const marker = (query.get('marker') ?? undefined) as ServerId | undefined;
  return ask(context, 'server.list', { limit, marker }, ({ servers, next }) => {
    const href = `${origin}/v2/${tenantId}/servers/detail?limit=${limit}&marker=${next}`;
    return { status: 200, body: { servers, ...(next === undefined ? {} : { servers_links: [{ rel: 'next', href }] }) } };
  });
};

const nodeJson = ({ id, address, port, condition, status, type, weight, connections }: ShownNode): JsonObject => ({
  id: Number(id),
  address,
  port,
  condition,
  status,
  type,
  weight,
  ...(connections === undefined ? {} : { connections }),
});

/** The part of Nova and Cloud Load Balancers that the HTTP face has so far (spec/providers.md, sections 3 and 4). */
export const routes: readonly Route[] = [
  { method: 'GET', path: /^\/v2\/([^/]+)\/servers\/detail$/, answer: listServers },
  {
    method: 'GET',
    path: /^\/v2\/([^/]+)\/servers\/([^/]+)$/,
    answer: (context) => ask(context, 'server.get', { serverId: context.id as ServerId }, (server) => ({ status: 200, body: { server } })),
  },
  {
    method: 'DELETE',
    path: /^\/v2\/([^/]+)\/servers\/([^/]+)$/,
    answer: (context) => ask(context, 'server.delete', { serverId: context.id as ServerId }, () => ({ status: 204 })),
  },
  {
    method: 'GET',
    path: /^\/v1\.0\/([^/]+)\/loadbalancers\/([^/]+)\/nodes$/,
    answer: (context) =>
      ask(context, 'node.list', { loadBalancerId: context.id as LoadBalancerId }, (nodes) => ({
        status: 200,
        body: { nodes: nodes.map(nodeJson) },
      })),
  },
];

/** What a path gets that we do not have. */
export const noSuchPath: HttpAnswer = { status: 404, body: { itemNotFound: { message: 'The resource could not be found.', code: 404 } } };
