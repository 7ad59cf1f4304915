import type { JsonObject, TenantId } from '@lutra/core';
import type { Credentials } from '../identity/token.ts';
import type { ValueOf } from '../world/calls.ts';
import { objectOf, textOf } from '../world/json-values.ts';
import type { Refusal } from '../world/refusal.ts';
import { type HttpAnswer, refused } from './answer.ts';
import { tokenJson } from './identity-json.ts';
import { tenantOfLogin, tenantOfToken } from './identity-v2.ts';
import { askAs, type HttpRequest, jsonIn, type Route } from './request.ts';
import { identityPrefixes } from './versions.ts';

const titles: Readonly<Record<number, string>> = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found' };

/** v3 has errors of its own form. */
function refusedV3(refusal: Refusal): HttpAnswer {
  const answer = refused(refusal);
  if (typeof answer === 'string') return answer;
  const { status, message } = refusal;
  return { ...answer, body: { error: { code: status, message, title: titles[status] ?? 'Error' } } };
}
const badRequest = (message: string): HttpAnswer => ({ status: 400, body: { error: { code: 400, message, title: 'Bad Request' } } });

function credentialsIn(identity: JsonObject): Credentials | undefined {
  const user = objectOf(objectOf(identity.password)?.user);
  if (user !== undefined) {
    const [name, secret] = [textOf(user.name) ?? textOf(user.id), textOf(user.password)];
    return name === undefined || secret === undefined ? undefined : { kind: 'password', user: name, secret };
  }
  const token = textOf(objectOf(identity.token)?.id);
  return token === undefined ? undefined : { kind: 'token', token };
}

function logIn(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const auth = objectOf(jsonIn(request)?.auth);
  const identity = objectOf(auth?.identity);
  const credentials = identity && credentialsIn(identity);
  if (credentials === undefined) return badRequest('Expecting auth.identity with password.user or token, complete.');
  const project = objectOf(objectOf(auth?.scope)?.project);
  const tenantId = (textOf(project?.id) ?? textOf(project?.name)) as TenantId | undefined;
  const about = tenantOfLogin(request.world, credentials, tenantId);
  return askAs(request, about, 'token.create', { credentials, tenantId }, (access) => tokenAnswer(201, access, request), refusedV3);
}

const tokenAnswer = (status: number, access: ValueOf<'token.get'>, request: HttpRequest): HttpAnswer => ({
  status,
  headers: { 'X-Subject-Token': access.token.id, Vary: 'X-Auth-Token' },
  body: tokenJson(access, request),
});

/** A call about the token in `X-Subject-Token`. */
const onSubject =
  (op: 'token.get' | 'token.delete', answer: (value: ValueOf<typeof op>, request: HttpRequest) => HttpAnswer): Route['answer'] =>
  (request) => {
    const token = request.header('x-subject-token');
    if (token === undefined) return badRequest('Expecting the token in question as X-Subject-Token.');
    const about = tenantOfToken(request.world, token);
    return askAs(request, about, op, { by: request.caller.token, token }, (value) => answer(value, request), refusedV3);
  };
const validate = onSubject('token.get', (access, request) => (access === null ? { status: 204 } : tokenAnswer(200, access, request)));

const projects: Route['answer'] = (request) => {
  const { caller, world } = request;
  const done = (tenants: ValueOf<'tenant.list'>): HttpAnswer => ({
    status: 200,
    body: {
      projects: tenants.map((id) => ({ id, name: id, domain_id: 'default', enabled: true, is_domain: false, parent_id: 'default' })),
      links: { next: null, previous: null },
    },
  });
  return askAs(request, tenantOfToken(world, caller.token), 'tenant.list', { by: caller.token }, done, refusedV3);
};

/** Keystone v3, as much as logging in, validating and revoking takes. */
export const identityV3Routes: readonly Route[] = identityPrefixes.flatMap((prefix): readonly Route[] => [
  { on: `POST ${prefix}/v3/auth/tokens`, answer: logIn },
  { on: `GET ${prefix}/v3/auth/tokens`, answer: validate },
  { on: `HEAD ${prefix}/v3/auth/tokens`, answer: validate },
  { on: `DELETE ${prefix}/v3/auth/tokens`, answer: onSubject('token.delete', () => ({ status: 204 })) },
  { on: `GET ${prefix}/v3/auth/projects`, answer: projects },
  { on: `GET ${prefix}/v3/projects`, answer: projects },
]);
