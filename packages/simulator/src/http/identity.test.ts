import { readFileSync } from 'node:fs';
import { milliseconds, seconds } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultIdentity, parseIdentity } from '../identity/identity-data.ts';
import { closeServedClouds, promptPace, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';

// biome-ignore lint/suspicious/noExplicitAny: a body is whatever the test says that it must be
type Json = any;

afterEach(closeServedClouds);

const byPassword = (username: string, password = 'password', more: object = {}) => ({
  auth: { passwordCredentials: { username, password }, ...more },
});
const v3 = (name: string, password = 'password', scope: object = {}) => ({
  auth: { identity: { methods: ['password'], password: { user: { name, domain: { id: 'default' }, password } } }, ...scope },
});
const checked = (options = {}) => servedCloud({ tokenChecks: true, ...options });
const tokenOf = async ({ ask }: ServedCloud, user: string): Promise<string> =>
  (await ask('POST /v2.0/tokens', byPassword(user))).body.access.token.id;
const withToken = (token: string) => ({ 'X-Auth-Token': token });
const names = (roles: readonly { name: string }[]) => roles.map(({ name }) => name);

describe('Keystone v2.0', () => {
  it('gives the owner a token, his roles and a catalog whose URLs end in the tenant', async () => {
    const cloud = await servedCloud({}, { autoscaleUrl: 'http://scale.example:8080' });
    const { status, body } = await cloud.ask('POST /v2.0/tokens', byPassword('owner'));
    expect(status).toBe(200);
    const { token, user, serviceCatalog } = body.access;
    expect(token).toMatchObject({ tenant: { id: '829409' }, expires: '2026-01-02T00:00:00Z' });
    expect(names(user.roles)).toEqual(['identity:user-admin']);
    const urls = serviceCatalog.map(({ name, type, endpoints: [endpoint] }: Json) => [name, type, endpoint.region, endpoint.publicURL]);
    expect(urls.slice(0, 4)).toEqual([
      ['cloudServersOpenStack', 'compute', 'ORD', `${cloud.base}/v2/829409`],
      ['cloudLoadBalancers', 'rax:load-balancer', 'ORD', `${cloud.base}/v1.0/829409`],
      ['rackconnect', 'rax:rackconnect', 'ORD', `${cloud.base}/v3/829409`],
      ['autoscale', 'rax:autoscale', 'ORD', 'http://scale.example:8080/v1.0/829409'],
    ]);
  });

  it('takes an API key and a token too', async () => {
    const { ask } = await checked();
    const key = { auth: { 'RAX-KSKEY:apiKeyCredentials': { username: 'owner', apiKey: 'owner-key' } } };
    const first = (await ask('POST /v2.0/tokens', key)).body.access.token;
    const second = await ask('POST /identity/v2.0/tokens', { auth: { token: { id: first.id }, tenantId: '829409' } });
    expect(second.body.access).toMatchObject({ token: { tenant: { id: '829409' } }, user: { name: 'owner' } });
    expect(second.body.access.token.id).not.toBe(first.id);
  });

  it.each([
    ['a wrong password', byPassword('owner', 'wrong'), 401],
    ["another user's tenant", byPassword('owner', 'password', { tenantId: '829410' }), 401],
    ['a wrong API key', { auth: { 'RAX-KSKEY:apiKeyCredentials': { username: 'owner', apiKey: 'password' } } }, 401],
    ['an unknown token', { auth: { token: { id: 'none' } } }, 401],
    ['half of the credentials', { auth: { passwordCredentials: { username: 'owner' } } }, 400],
    ['no JSON', '{', 400],
  ])('refuses %s', async (_what, body, status) => {
    const { ask } = await servedCloud();
    expect((await ask('POST /v2.0/tokens', body)).status).toBe(status);
  });

  it('makes a user nobody knows the owner of the tenant that he names, or of one of his own, unless told not to', async () => {
    const { ask } = await servedCloud();
    const named = (await ask('POST /v2.0/tokens', byPassword('alice', 'x', { tenantId: '777' }))).body.access;
    expect([named.token.tenant.id, names(named.user.roles)]).toEqual(['777', ['identity:user-admin']]);
    const own = (await ask('POST /v2.0/tokens', byPassword('bob', 'x'))).body.access;
    expect(own.token.tenant.id).toMatch(/^\d{6}$/);
    expect((await ask('POST /v2.0/tokens', byPassword('alice', 'y'))).status).toBe(401);
    const strict = await servedCloud({ identity: { ...defaultIdentity(), autoCreate: false } });
    expect((await strict.ask('POST /v2.0/tokens', byPassword('alice', 'x'))).status).toBe(401);
  });

  it('lets a service impersonate, after the 401 of a call without a token; nobody else may', async () => {
    const cloud = await checked();
    const wanted = { 'RAX-AUTH:impersonation': { user: { username: 'owner' }, 'expire-in-seconds': 10_800 } };
    const impersonate = 'POST /v2.0/RAX-AUTH/impersonation-tokens';
    expect((await cloud.ask(impersonate, wanted)).status).toBe(401);
    expect((await cloud.ask(impersonate, wanted, withToken(await tokenOf(cloud, 'owner')))).status).toBe(403);
    const admin = withToken(await tokenOf(cloud, 'service'));
    const { token } = (await cloud.ask(impersonate, wanted, admin)).body.access;
    expect(token).toMatchObject({ tenant: { id: '829409' }, expires: '2026-01-01T03:00:00Z' });
    const { endpoints } = (await cloud.ask(`GET /v2.0/tokens/${token.id}/endpoints`, undefined, admin)).body;
    expect(endpoints[0]).toMatchObject({ name: 'cloudServersOpenStack', publicURL: `${cloud.base}/v2/829409`, tenantId: '829409' });
    const owner = await cloud.ask('GET /v1.1/mosso/829409', undefined, { Authorization: `Basic ${btoa('service:password')}` });
    expect([owner.status, owner.body.user.id]).toEqual([301, 'owner']);
    expect((await cloud.ask('GET /v1.1/mosso/829409')).status).toBe(401);
  });

  it('validates and revokes tokens, and ends them after a day', async () => {
    const cloud = await checked();
    const { ask, pass } = cloud;
    const [service, token] = [withToken(await tokenOf(cloud, 'service')), await tokenOf(cloud, 'owner')];
    const validate = (by: object, query = '') => ask(`GET /v2.0/tokens/${token}${query}`, undefined, { ...by });
    expect((await validate(service)).body.access).toMatchObject({ token: { id: token }, user: { name: 'owner' } });
    expect((await validate(withToken(token), '?belongsTo=829409')).status).toBe(200);
    expect((await validate(service, '?belongsTo=829410')).status).toBe(404);
    expect((await validate(withToken(await tokenOf(cloud, 'neighbour')))).status).toBe(403);
    expect((await validate({})).status).toBe(401);
    expect((await ask('GET /v2.0/tokens/never-cache-this-and-fail-to-auth', undefined, service)).status).toBe(401);
    const other = await tokenOf(cloud, 'owner');
    expect((await ask(`DELETE /v2.0/tokens/${token}`, undefined, withToken(token))).status).toBe(204);
    expect((await validate(service)).status).toBe(404);
    await pass(seconds(86_399));
    expect((await ask(`GET /v2/829409/servers/detail`, undefined, withToken(other))).status).toBe(200);
    await pass(seconds(1));
    expect((await ask(`GET /v2/829409/servers/detail`, undefined, withToken(other))).status).toBe(401);
  });

  it('tells of users and tenants to who may know', async () => {
    const cloud = await checked();
    const owner = withToken(await tokenOf(cloud, 'owner'));
    const { user } = (await cloud.ask('GET /v2.0/users?name=owner', undefined, owner)).body;
    const key = `/v2.0/users/${user.id}/OS-KSADM/credentials/RAX-KSKEY:apiKeyCredentials`;
    expect((await cloud.ask(`GET ${key}`, undefined, owner)).body['RAX-KSKEY:apiKeyCredentials'].apiKey).toBe('owner-key');
    expect((await cloud.ask(`GET ${key}`, undefined, withToken(await tokenOf(cloud, 'neighbour')))).status).toBe(403);
    expect((await cloud.ask('GET /v2.0/tenants', undefined, owner)).body.tenants).toEqual([
      { id: '829409', name: '829409', enabled: true },
    ]);
    expect((await cloud.ask('GET /v2.0/tenants')).status).toBe(401);
  });
});

describe('Keystone v3', () => {
  it('gives a token in a header; the same one validates and is revoked', async () => {
    const cloud = await checked();
    const created = await cloud.ask('POST /v3/auth/tokens', v3('owner', 'password', { scope: { project: { id: '829409' } } }));
    expect(created.status).toBe(201);
    expect(created.body.token).toMatchObject({ project: { id: '829409' }, roles: [{ name: 'identity:user-admin' }] });
    const token = created.headers.get('x-subject-token') ?? '';
    const both = { 'X-Auth-Token': token, 'X-Subject-Token': token };
    const shown = await cloud.ask('GET /v3/auth/tokens', undefined, both);
    expect([shown.status, shown.headers.get('x-subject-token'), shown.body]).toEqual([200, token, created.body]);
    expect((await cloud.ask('DELETE /v3/auth/tokens', undefined, both)).status).toBe(204);
    expect((await cloud.ask('GET /v3/auth/tokens', undefined, both)).body.error).toMatchObject({ code: 401 });
    expect((await cloud.ask('POST /v3/auth/tokens', v3('owner', 'wrong'))).body.error.code).toBe(401);
  });

  it('has a version document', async () => {
    const { ask, base } = await servedCloud();
    expect((await ask('GET /v3')).body.version).toMatchObject({ id: 'v3.14', links: [{ rel: 'self', href: `${base}/v3/` }] });
    expect((await ask('GET /')).body.versions.values).toHaveLength(2);
  });
});

describe('the default users', () => {
  it('log in with password and with v3, and get the roles that their names say', async () => {
    const { ask } = await checked();
    const { users } = defaultIdentity();
    expect(users).toHaveLength(3 + 3 * 4 * 4);
    for (const { name, tenant, roles } of users) {
      const said = name.split('.').filter((part) => part.includes('-') && !part.endsWith('-none'));
      if (name.includes('.')) expect(roles).toEqual(said.map((part) => part.replace('-', ':')));
      const old = (await ask('POST /v2.0/tokens', byPassword(name))).body.access;
      const modern = (await ask('POST /v3/auth/tokens', v3(name))).body.token;
      expect([old.token.tenant.id, names(old.user.roles)]).toEqual([tenant, roles]);
      expect([modern.project.id, names(modern.roles)]).toEqual([tenant, roles]);
    }
  });

  it('are those of the table in the README', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const rows = [...readme.matchAll(/^\| (?:\.\.\. )?`(\S+)` +\|(?: `(\S+)`)? +\| ([^|]*)\|$/gm)];
    const rolesIn = (cell = '') => [...cell.matchAll(/`([a-z:-]+)`/g)].map(([, role]) => role);
    const table = new Map(rows.map(([, name = '', tenant, cell]) => [name, { tenant, roles: rolesIn(cell) }]));
    for (const { name, tenant, roles } of defaultIdentity().users) {
      const parts = name.split('.').map((part) => table.get(part));
      expect(roles).toEqual(parts.flatMap((row) => row?.roles ?? ['not in the table']));
      expect(tenant).toBe(table.get(name)?.tenant ?? '829409');
    }
  });

  it('have the services of their tenants: 829410 has no autoscale', async () => {
    const { ask } = await servedCloud();
    const services = async (name: string) => names((await ask('POST /v2.0/tokens', byPassword(name))).body.access.serviceCatalog);
    expect(await services('owner')).toContain('autoscale');
    expect(await services('neighbour')).not.toContain('autoscale');
  });
});

describe('token checks', () => {
  const list = 'GET /v2/829409/servers/detail';
  it('turn away who shows no token, a wrong one, or one of another tenant', async () => {
    const cloud = await checked();
    expect((await cloud.ask(list)).body).toMatchObject({ unauthorized: { code: 401 } });
    expect((await cloud.ask(list, undefined, withToken('none'))).status).toBe(401);
    expect((await cloud.ask(list, undefined, withToken(await tokenOf(cloud, 'neighbour')))).status).toBe(401);
    expect((await cloud.ask(list, undefined, withToken(await tokenOf(cloud, 'owner')))).status).toBe(200);
    expect((await cloud.ask('GET /v1.0/829409/loadbalancers/237935/nodes')).body).toMatchObject({ code: 401 });
  });

  it.each([
    ['autoscale-none.nova-admin.lbaas-none', [200, 404, 403]],
    ['autoscale-none.nova-creator.lbaas-none', [200, 403, 403]],
    ['autoscale-none.nova-observer.lbaas-observer', [200, 403, 200]],
    ['autoscale-admin.nova-none.lbaas-admin', [403, 403, 200]],
  ])('let %s do what the roles allow', async (name, statuses) => {
    const cloud = await checked();
    const token = withToken(await tokenOf(cloud, name));
    const calls = [list, 'DELETE /v2/829409/servers/none', 'GET /v1.0/829409/loadbalancers/237935/nodes'];
    const came = await Promise.all(calls.map(async (call) => (await cloud.ask(call, undefined, token)).status));
    expect(came).toEqual(statuses);
  });

  it('refuse a fresh token until the services have heard of it', async () => {
    const cloud = await checked({ pace: { ...promptPace, tokenLag: { kind: 'fixed', duration: milliseconds(3000) } } });
    const token = withToken(await tokenOf(cloud, 'owner'));
    expect((await cloud.ask(list, undefined, token)).status).toBe(401);
    await cloud.pass(seconds(3));
    expect((await cloud.ask(list, undefined, token)).status).toBe(200);
  });
});

describe('parseIdentity', () => {
  it('reads tenants and users from YAML', () => {
    const data = parseIdentity('{ tenants: { 5: { services: [rackconnect] } }, users: [{ name: u, password: p, tenant: 5 }] }');
    expect(data).toEqual({
      autoCreate: true,
      tenants: { 5: { services: ['rackconnect'] } },
      users: [{ name: 'u', password: 'p', tenant: '5', roles: [] }],
    });
  });

  it('names every key that is wrong', () => {
    expect(() => parseIdentity('{ users: [{ name: u, tenant: 5 }], tenant: {} }')).toThrow(/users\.0\.password.*\n.*tenant/s);
    expect(() => parseIdentity('{ users: [')).toThrow('is not valid YAML');
  });
});
