import type { ServerId } from '@lutra/core';
import { serversPerPage } from '../world/catalogue.ts';
import { refusals } from '../world/refusal.ts';
import { refused } from './answer.ts';
import { ask, param, type Route, tenantOf } from './request.ts';

const listServers: Route['answer'] = (request) => {
  const { query, origin } = request;
  const asked = query.get('limit');
  if (asked !== null && !/^\d+$/.test(asked)) return refused(refusals.badRequest('limit param must be an integer'));
  const limit = Math.min(Number(asked ?? serversPerPage) || serversPerPage, serversPerPage);
  const marker = (query.get('marker') ?? undefined) as ServerId | undefined;
  return ask(request, 'server.list', { limit, marker }, ({ servers, next }) => {
    const href = `${origin}/v2/${tenantOf(request)}/servers/detail?limit=${limit}&marker=${next}`;
    return { status: 200, body: { servers, ...(next === undefined ? {} : { servers_links: [{ rel: 'next', href }] }) } };
  });
};

/** Nova (spec/providers.md, section 3). */
export const novaRoutes: readonly Route[] = [
  { on: 'GET /v2/:tenant/servers/detail', answer: listServers },
  {
    on: 'GET /v2/:tenant/servers/:server',
    answer: (request) =>
      ask(request, 'server.get', { serverId: param(request.params, 'server') as ServerId }, (server) => ({
        status: 200,
        body: { server },
      })),
  },
  {
    on: 'DELETE /v2/:tenant/servers/:server',
    answer: (request) => ask(request, 'server.delete', { serverId: param(request.params, 'server') as ServerId }, () => ({ status: 204 })),
  },
];
