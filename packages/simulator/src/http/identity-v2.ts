import { type JsonObject, seconds, type TenantId } from '@lutra/core';
import { impersonationLifetime } from '../identity/identity.ts';
import type { Credentials } from '../identity/token.ts';
import type { OperationName, ParamsOf, ValueOf } from '../world/calls.ts';
import { numberOf, objectOf, segment, textOf } from '../world/json-values.ts';
import type { World } from '../world/world.ts';
import { type HttpAnswer, refused } from './answer.ts';
import { accessJson, endpointsJson, userJson } from './identity-json.ts';
import { askAs, type HttpRequest, jsonIn, param, type Route } from './request.ts';
import { identityPrefixes } from './versions.ts';

const badRequest = (message: string): HttpAnswer => ({ status: 400, body: { badRequest: { message, code: 400 } } });

/** The tenant that a login is about, so that faults can be for one tenant: the one that is named, or the user's. */
export function tenantOfLogin({ identity }: World, credentials: Credentials, named: TenantId | undefined): TenantId {
  const user = credentials.kind === 'token' ? identity.whoShows(credentials) : identity.user(credentials.user);
  if (user !== undefined) return user.tenantId;
  const made = credentials.kind !== 'token' && identity.mayCreate(credentials.user, credentials.secret, named ?? '');
  return made ? (named ?? identity.tenantForNew(credentials.user)) : nobody;
}
/** The tenant of those who are none of anybody's users. */
const nobody = '' as TenantId;

/** The tenant of a token, or of nobody. */
export const tenantOfToken = ({ identity }: World, token: string | undefined): TenantId =>
  (token === undefined ? undefined : identity.token(token)?.tenantId) ?? nobody;

/** Asks identity on behalf of whoever shows a token. */
const asked = <N extends OperationName>(
  request: HttpRequest,
  op: N,
  params: ParamsOf<N>,
  done: (value: ValueOf<N>) => HttpAnswer,
  about = request.caller.token,
): Promise<HttpAnswer> => askAs(request, tenantOfToken(request.world, about), op, params, done, refused);

function credentialsIn(auth: JsonObject): Credentials | undefined {
  const byPassword = objectOf(auth.passwordCredentials);
  if (byPassword !== undefined) {
    const [user, secret] = [textOf(byPassword.username), textOf(byPassword.password)];
    return user === undefined || secret === undefined ? undefined : { kind: 'password', user, secret };
  }
  const byKey = objectOf(auth['RAX-KSKEY:apiKeyCredentials'] ?? auth.apiKeyCredentials);
  if (byKey !== undefined) {
    const [user, secret] = [textOf(byKey.username), textOf(byKey.apiKey)];
    return user === undefined || secret === undefined ? undefined : { kind: 'apiKey', user, secret };
  }
  const token = textOf(objectOf(auth.token)?.id);
  return token === undefined ? undefined : { kind: 'token', token };
}

function logIn(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const auth = objectOf(jsonIn(request)?.auth);
  const credentials = auth && credentialsIn(auth);
  if (auth === undefined || credentials === undefined) {
    return badRequest('Expecting auth with passwordCredentials, RAX-KSKEY:apiKeyCredentials or token, each complete.');
  }
  const named = textOf(auth.tenantId) ?? textOf(auth.tenantName);
  const tenantId = named === undefined || named === '' ? undefined : (named as TenantId);
  return askAs(
    request,
    tenantOfLogin(request.world, credentials, tenantId),
    'token.create',
    { credentials, tenantId },
    (access) => ({ status: 200, body: accessJson(access, request.world.identity.region, request) }),
    refused,
  );
}

function impersonate(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const wanted = objectOf(jsonIn(request)?.['RAX-AUTH:impersonation']);
  const user = textOf(objectOf(wanted?.user)?.username);
  if (wanted === undefined || user === undefined) return badRequest('Expecting RAX-AUTH:impersonation with user.username.');
  const asSeconds = numberOf(wanted['expire-in-seconds'] ?? impersonationLifetime / 1000);
  if (!Number.isInteger(asSeconds) || asSeconds < 1 || seconds(asSeconds) > impersonationLifetime) {
    return badRequest(`expire-in-seconds must be an integer from 1 to ${impersonationLifetime / 1000}.`);
  }
  const { world, caller } = request;
  const tenantId = world.identity.user(user)?.tenantId ?? world.identity.tenantForNew(user);
  const params = { by: caller.token, user, lifetime: seconds(asSeconds) };
  const done = (access: ValueOf<'token.impersonate'>): HttpAnswer => ({
    status: 200,
    body: accessJson(access, world.identity.region, request),
  });
  return askAs(request, tenantId, 'token.impersonate', params, done, refused);
}

/** Name and password of HTTP's own kind (RFC 7617). */
function basicIn(request: HttpRequest): Credentials | undefined {
  const [scheme, encoded = ''] = (request.header('authorization') ?? '').split(' ');
  const decoded = scheme?.toLowerCase() === 'basic' ? Buffer.from(encoded, 'base64').toString('utf8') : '';
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { kind: 'password', user: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
}

function ownerOf(request: HttpRequest): Promise<HttpAnswer> {
  const tenant = param(request.params, 'tenant') as TenantId;
  const credentials = basicIn(request);
  const { identity } = request.world;
  // One who may not ask makes no tenant by asking.
  const about = !identity.checks || (credentials !== undefined && identity.whoShows(credentials) !== undefined) ? tenant : nobody;
  const done = ({ id, name }: ValueOf<'user.get_of_tenant'>): HttpAnswer => ({
    status: 301,
    headers: { Location: `${request.origin}/v1.1/users/${segment(name)}` },
    body: { user: { id: name, key: '', mossoId: tenant, enabled: true, nastId: id, created: null } },
  });
  return askAs(request, about, 'user.get_of_tenant', { tenant, credentials }, done, refused);
}

const at = (prefix: string): readonly Route[] => [
  { on: `POST ${prefix}/v2.0/tokens`, answer: logIn },
  {
    on: `GET ${prefix}/v2.0/tokens/:token`,
    answer: (request) => {
      const token = param(request.params, 'token');
      const params = { by: request.caller.token, token, belongsTo: request.query.get('belongsTo') ?? undefined };
      const { region } = request.world.identity;
      return asked(request, 'token.get', params, (access) => ({ status: 200, body: accessJson(access, region, request) }), token);
    },
  },
  {
    on: `DELETE ${prefix}/v2.0/tokens/:token`,
    answer: (request) => {
      const token = param(request.params, 'token');
      return asked(request, 'token.delete', { by: request.caller.token, token }, () => ({ status: 204 }), token);
    },
  },
  {
    on: `DELETE ${prefix}/v2.0/tokens`,
    answer: (request) =>
      asked(request, 'token.delete', { by: request.caller.token, token: request.caller.token ?? '' }, () => ({ status: 204 })),
  },
  {
    on: `GET ${prefix}/v2.0/tokens/:token/endpoints`,
    answer: (request) => {
      const token = param(request.params, 'token');
      const done = (entries: ValueOf<'token.list_endpoints'>): HttpAnswer => ({ status: 200, body: endpointsJson(entries, request) });
      return asked(request, 'token.list_endpoints', { by: request.caller.token, token }, done, token);
    },
  },
  { on: `POST ${prefix}/v2.0/RAX-AUTH/impersonation-tokens`, answer: impersonate },
  {
    on: `GET ${prefix}/v2.0/tenants`,
    answer: (request) =>
      asked(request, 'tenant.list', { by: request.caller.token }, (tenants) => ({
        status: 200,
        body: { tenants: tenants.map((id) => ({ id, name: id, enabled: true })), tenants_links: [] },
      })),
  },
  {
    on: `GET ${prefix}/v2.0/users`,
    answer: (request) => {
      const name = request.query.get('name') ?? undefined;
      const { region } = request.world.identity;
      return asked(request, 'user.list', { by: request.caller.token, name }, (users) => {
        const [first] = users;
        if (name !== undefined && first !== undefined) return { status: 200, body: { user: userJson(first, region) } };
        return { status: 200, body: { users: users.map((user) => userJson(user, region)) } };
      });
    },
  },
  {
    on: `GET ${prefix}/v2.0/users/:user`,
    answer: (request) => {
      const params = { by: request.caller.token, user: param(request.params, 'user') };
      const { region } = request.world.identity;
      return asked(request, 'user.get', params, (user) => ({ status: 200, body: { user: userJson(user, region) } }));
    },
  },
  {
    on: `GET ${prefix}/v2.0/users/:user/OS-KSADM/credentials`,
    answer: (request) =>
      asked(request, 'user.get_credentials', { by: request.caller.token, user: param(request.params, 'user') }, ({ name, apiKey }) => ({
        status: 200,
        body: {
          credentials: [
            { passwordCredentials: { username: name } },
            ...(apiKey === undefined ? [] : [{ 'RAX-KSKEY:apiKeyCredentials': { username: name, apiKey } }]),
          ],
        },
      })),
  },
  {
    on: `GET ${prefix}/v2.0/users/:user/OS-KSADM/credentials/RAX-KSKEY:apiKeyCredentials`,
    answer: (request) =>
      asked(request, 'user.get_credentials', { by: request.caller.token, user: param(request.params, 'user') }, ({ name, apiKey }) =>
        apiKey === undefined
          ? { status: 404, body: { itemNotFound: { message: 'User has no API key.', code: 404 } } }
          : { status: 200, body: { 'RAX-KSKEY:apiKeyCredentials': { username: name, apiKey } } },
      ),
  },
  { on: `GET ${prefix}/v1.1/mosso/:tenant`, answer: ownerOf },
];

/** Keystone v2.0 with its Rackspace extensions (spec/providers.md, section 1). */
export const identityV2Routes: readonly Route[] = identityPrefixes.flatMap(at);
