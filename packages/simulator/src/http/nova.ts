/** Nova (spec/providers.md, section 3), under /v2/{tenant} and /v2.1[/{tenant}]. */
import { cutTo, type EpochMs, epochMs, type JsonObject, type JsonValue, parseInstant, type ServerId } from '@lutra/core';
import type { OperationName, ParamsOf, ServerFilter, ValueOf } from '../world/calls.ts';
import { serversPerPage } from '../world/catalogue.ts';
import { objectOf, ownOf, segment, textOf } from '../world/json-values.ts';
import { patternOf } from '../world/pattern.ts';
import { type Refusal, refusals } from '../world/refusal.ts';
import { type HttpAnswer, refused } from './answer.ts';
import { novaThingsRoutes } from './nova-things.ts';
import { ask, type HttpRequest, jsonIn, param, type Route, refuse, tenantOf } from './request.ts';

const malformed = (): Refusal =>
  refusals.badRequest('The server could not comply with the request since it is either malformed or otherwise incorrect.');
const serverIn = ({ params }: HttpRequest): { readonly serverId: ServerId } => ({ serverId: param(params, 'server') as ServerId });

/** What a listing is asked for; a text where it cannot be. */
function pageIn({ query }: HttpRequest): ParamsOf<'server.list'> | string {
  const limit = query.get('limit');
  if (limit !== null && !/^\d+$/.test(limit))
    return limit.startsWith('-') ? 'limit param must be positive' : 'limit param must be an integer';
  const since = query.get('changes-since') ?? query.get('changes_since');
  const changesSince = since === null ? undefined : instantIn(since);
  if (changesSince === 'none') return `Invalid changes-since value: ${since}`;
  const name = query.get('name') ?? undefined;
  if (name !== undefined && patternOf(name) === undefined) return `Invalid regular expression: ${cutTo(name, 255)}`;
  const ip = query.get('ip') ?? undefined;
  if (ip !== undefined && patternOf(ip, true) === undefined) return `Invalid regular expression: ${cutTo(ip, 255)}`;
  const filter: ServerFilter = {
    name,
    ip,
    status: query.get('status') ?? undefined,
    image: query.get('image') ?? undefined,
    flavor: query.get('flavor') ?? undefined,
    changesSince,
  };
  const filtered = Object.values(filter).some((value) => value !== undefined);
  return {
    limit: Math.min(Number(limit ?? serversPerPage) || serversPerPage, serversPerPage),
    marker: (query.get('marker') ?? undefined) as ServerId | undefined,
    filter: filtered ? filter : undefined,
  };
}
function instantIn(text: string): EpochMs | 'none' {
  const instant = parseInstant(/Z|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
  return instant === undefined ? 'none' : epochMs(Math.floor(instant / 1000) * 1000);
}

/** `next` keeps everything that was asked for, but the marker (and the limit, which the cloud may have lowered). */
function nextLink({ query, origin }: HttpRequest, path: string, limit: number, marker: string): JsonValue {
  const asked = new URLSearchParams(query);
  asked.set('limit', String(limit));
  asked.set('marker', marker);
  return [{ rel: 'next', href: `${origin}${path}?${asked}` }];
}

/** Without details only id, name and links of each server. */
const listServers =
  (prefix: string, detailed: boolean): Route['answer'] =>
  (request) => {
    const page = pageIn(request);
    if (typeof page === 'string') return refuse(request, 'server.list', {}, refusals.badRequest(page));
    return ask(request, 'server.list', page, ({ servers: looks, next }) => {
      const { compute } = request.world.tenant(tenantOf(request));
      const servers = looks.map((look) => compute.jsonOf(look));
      const path = `${prefix}/${segment(tenantOf(request))}/servers${detailed ? '/detail' : ''}`;
      const links = next === undefined ? undefined : nextLink(request, path, page.limit ?? serversPerPage, next);
      const rows = detailed ? servers : servers.map(({ id = '', name = '', links: own = [] }) => ({ id, name, links: own }));
      return { status: 200, body: { servers: rows, ...(links === undefined ? {} : { servers_links: links }) } };
    });
  };

function createServer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const server = objectOf(jsonIn(request)?.server);
  if (server === undefined) return refuse(request, 'server.create', { server: {} }, malformed());
  return ask(request, 'server.create', { server }, ({ id, links, adminPass }) => ({
    status: 202,
    headers: { Location: `${request.origin}/v2/${segment(tenantOf(request))}/servers/${segment(id)}` },
    body: { server: { id, links, adminPass, 'OS-DCF:diskConfig': server['OS-DCF:diskConfig'] ?? 'AUTO', security_groups: [] } },
  }));
}

function act(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const body = jsonIn(request);
  const [action, ...others] = Object.keys(body ?? {});
  if (body === undefined || action === undefined || others.length > 0) {
    return refuse(request, 'server.act', { ...serverIn(request), action: '', details: null }, malformed());
  }
  return ask(request, 'server.act', { ...serverIn(request), action, details: body[action] ?? null }, ({ status, body: said, imageId }) => ({
    status,
    ...(imageId === undefined
      ? {}
      : { headers: { Location: `${request.origin}/v2/${segment(tenantOf(request))}/images/${segment(imageId)}` } }),
    ...(said === undefined ? {} : { body: said }),
  }));
}

const onServer =
  <N extends OperationName>(op: N, more: (request: HttpRequest) => object, done: (value: ValueOf<N>) => HttpAnswer): Route['answer'] =>
  (request) =>
    ask(request, op, { ...serverIn(request), ...more(request) } as unknown as ParamsOf<N>, done);
const showMetadata = (metadata: Readonly<Record<string, string>>): HttpAnswer => ({ status: 200, body: { metadata } });
const withMetadata =
  (op: 'server.replace_metadata' | 'server.update_metadata'): Route['answer'] =>
  (request) => {
    const metadata = objectOf(jsonIn(request)?.metadata);
    if (metadata === undefined) return refuse(request, op, { ...serverIn(request), metadata: {} }, malformed());
    return ask(request, op, { ...serverIn(request), metadata }, showMetadata);
  };

function setItem(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const meta = objectOf(jsonIn(request)?.meta);
  const key = param(request.params, 'key');
  const given = meta !== undefined && Object.keys(meta).length === 1;
  const value = given ? ownOf(meta, key) : undefined;
  if (typeof value !== 'string') {
    const why = given ? refusals.badRequest('Request body and URI mismatch') : malformed();
    return refuse(request, 'server.set_metadata', { ...serverIn(request), key, value: '' }, why);
  }
  return ask(request, 'server.set_metadata', { ...serverIn(request), key, value }, () => ({
    status: 200,
    body: { meta: { [key]: value } },
  }));
}

const update: Route['answer'] = (request) => {
  const name = textOf(objectOf(jsonIn(request)?.server)?.name);
  if (name !== undefined) return ask(request, 'server.update', { ...serverIn(request), name }, showServer);
  if (jsonIn(request) === undefined) return refuse(request, 'server.update', { ...serverIn(request), name: '' }, malformed());
  return ask(request, 'server.get', serverIn(request), showServer);
};
const showServer = (server: JsonObject): HttpAnswer => ({ status: 200, body: { server } });

/** Bytes of a create, which is kept as long as its server is: a launch configuration of 256 KiB, and what is added to it. */
const longestCreate = 2 ** 19;

const at = (prefix: string): readonly Route[] => {
  const servers = `${prefix}/:tenant/servers`;
  return [
    { on: `GET ${servers}`, answer: listServers(prefix, false) },
    { on: `GET ${servers}/detail`, answer: listServers(prefix, true) },
    { on: `POST ${servers}`, answer: createServer, longestBody: longestCreate },
    { on: `GET ${servers}/:server`, answer: onServer('server.get', () => ({}), showServer) },
    { on: `PUT ${servers}/:server`, answer: update },
    {
      on: `DELETE ${servers}/:server`,
      answer: onServer(
        'server.delete',
        () => ({}),
        () => ({ status: 204 }),
      ),
    },
    { on: `POST ${servers}/:server/action`, answer: act },
    {
      on: `GET ${servers}/:server/ips`,
      answer: onServer(
        'server.get_addresses',
        () => ({}),
        (addresses) => ({ status: 200, body: { addresses } }),
      ),
    },
    {
      on: `GET ${servers}/:server/ips/:network`,
      answer: (request) =>
        ask(request, 'server.get_addresses', serverIn(request), (addresses) => {
          const network = param(request.params, 'network');
          const found = ownOf(addresses, network);
          return found === undefined ? refused(refusals.noSuch(`Network ${network}`)) : { status: 200, body: { [network]: found } };
        }),
    },
    { on: `GET ${servers}/:server/metadata`, answer: onServer('server.get_metadata', () => ({}), showMetadata) },
    { on: `PUT ${servers}/:server/metadata`, answer: withMetadata('server.replace_metadata') },
    { on: `POST ${servers}/:server/metadata`, answer: withMetadata('server.update_metadata') },
    {
      on: `GET ${servers}/:server/metadata/:key`,
      answer: (request) =>
        ask(request, 'server.get_metadata', serverIn(request), (metadata) => {
          const key = param(request.params, 'key');
          const value = ownOf(metadata, key);
          return value === undefined ? refused(refusals.noSuch('Metadata item')) : { status: 200, body: { meta: { [key]: value } } };
        }),
    },
    { on: `PUT ${servers}/:server/metadata/:key`, answer: setItem },
    {
      on: `DELETE ${servers}/:server/metadata/:key`,
      answer: onServer(
        'server.delete_metadata',
        ({ params }) => ({ key: param(params, 'key') }),
        () => ({ status: 204 }),
      ),
    },
    ...novaThingsRoutes(prefix),
  ];
};

/** Under /v2.1 the tenant may be left out of the path: then it is the token's. */
const ofTheToken = ({ on, answer, ...bounds }: Route): Route => ({
  ...bounds,
  on: on.replace('/:tenant', ''),
  answer: (request) => {
    const tenant = request.world.identity.token(request.caller.token ?? '')?.tenantId;
    if (tenant === undefined) return refused(refusals.noValidToken('nova'));
    return answer({ ...request, params: { ...request.params, tenant } });
  },
});

export const novaRoutes: readonly Route[] = [...at('/v2'), ...at('/v2.1'), ...at('/v2.1').map(ofTheToken)];
