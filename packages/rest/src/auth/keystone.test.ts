import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type EpochMs, epochMs, formatInstant, later, seconds } from '@lutra/core';
import nock from 'nock';
import { NEVER, timer } from 'rxjs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keystoneAuthenticator } from './keystone.ts';

const host = 'https://identity.example';
const credentials = { username: 'lutra', password: 'of-the-service' };
let now: EpochMs;
beforeEach(() => {
  now = epochMs(1_700_000_000_000);
  nock.disableNetConnect();
});
afterEach(() => {
  const unused = nock.pendingMocks();
  nock.cleanAll();
  expect(unused).toEqual([]);
});
afterAll(() => nock.restore());

const clock = { now: () => now, after: () => NEVER };
const expires = (span = 3600) => formatInstant(later(now, seconds(span)));
const asV2 = (options = {}) => keystoneAuthenticator({ url: `${host}/v2.0`, clock, credentials, ...options });
const access = (id: string, more: object = {}, roles: readonly object[] = []) => ({
  access: { token: { id, expires: expires(), ...more }, user: { id: 'u', name: 'n', roles }, serviceCatalog: [] },
});
const login = (id = 'own') => nock(host).post('/v2.0/tokens').reply(200, access(id));
const validation = (token: string, own = 'own') => nock(host, { reqheaders: { 'X-Auth-Token': own } }).get(`/v2.0/tokens/${token}`);
const tenant = { tenant: { id: '829409' } };

describe('keystoneAuthenticator with v2.0', () => {
  it('logs in with its own credentials and asks whom the token belongs to', async () => {
    const sent: unknown[] = [];
    nock(host)
      .post('/v2.0/tokens', (body) => sent.push(body) > 0)
      .reply(200, access('own'));
    validation('abc').reply(200, access('abc', tenant, [{ name: 'nova:admin' }, { name: 'autoscale:observer' }]));
    const principal = await asV2({ credentials: { ...credentials, tenant: 'service' } }).authenticate('abc');
    expect(sent).toEqual([{ auth: { passwordCredentials: credentials, tenantName: 'service' } }]);
    expect(principal).toEqual({ tenants: new Map([['829409', 'observer']]), isOperator: false, user: 'n', expiresAt: now + 3_600_000 });
  });

  it('logs in with an API key', async () => {
    nock(host)
      .post('/v2.0/tokens', { auth: { 'RAX-KSKEY:apiKeyCredentials': { username: 'lutra', apiKey: 'k' } } })
      .reply(203, access('own'));
    validation('abc').reply(203, access('abc'));
    expect((await asV2({ credentials: { username: 'lutra', apiKey: 'k' } }).authenticate('abc'))?.tenants.size).toBe(0);
  });

  it('counts a role that names a tenant for that tenant alone', async () => {
    login();
    validation('abc').reply(200, access('abc', tenant, [{ name: 'observer' }, { name: 'admin', tenantId: 5 }]));
    expect((await asV2().authenticate('abc'))?.tenants).toEqual(
      new Map([
        ['829409', 'observer'],
        ['5', 'admin'],
      ]),
    );
  });

  it('knows a token that identity does not know for nobody, and soon asks again', async () => {
    login();
    validation('abc').reply(404, { itemNotFound: {} });
    const keystone = asV2();
    for (const _ of ['once', 'again']) expect(await keystone.authenticate('abc')).toBeUndefined();
    now = later(now, seconds(3));
    validation('abc').reply(200, access('abc', tenant, [{ name: 'admin' }]));
    expect((await keystone.authenticate('abc'))?.tenants.get('829409')).toBe('admin');
  });

  it('logs in again, once, when its own token is refused', async () => {
    login();
    validation('abc').reply(401);
    login('newer');
    validation('abc', 'newer').reply(200, access('abc', tenant));
    expect((await asV2().authenticate('abc'))?.tenants).toEqual(new Map([['829409', 'none']]));
  });

  it('logs in again before its own token ends', async () => {
    login();
    validation('a').reply(404);
    const keystone = asV2();
    await keystone.authenticate('a');
    now = later(now, seconds(3541));
    login('newer');
    validation('b', 'newer').reply(404);
    await keystone.authenticate('b');
  });

  it('asks once for all who wait for the same token', async () => {
    login();
    validation('abc').reply(200, access('abc', tenant, [{ name: 'admin' }]));
    const keystone = asV2();
    const answers = await Promise.all(Array.from({ length: 20 }, () => keystone.authenticate('abc')));
    expect(new Set(answers).size).toBe(1);
  });

  it('remembers a token for a minute, so that a revoked one is refused after that', async () => {
    login();
    validation('abc').reply(200, access('abc', tenant));
    const keystone = asV2();
    await keystone.authenticate('abc');
    now = later(now, seconds(59));
    expect(await keystone.authenticate('abc')).toBeDefined();
    now = later(now, seconds(1));
    validation('abc').reply(404);
    expect(await keystone.authenticate('abc')).toBeUndefined();
  });

  it('forgets a token when it ends', async () => {
    login();
    validation('abc').reply(200, access('abc', { ...tenant, expires: expires(10) }));
    const keystone = asV2();
    await keystone.authenticate('abc');
    now = later(now, seconds(10));
    validation('abc').reply(200, access('abc', { ...tenant, expires: expires(0) }));
    expect(await keystone.authenticate('abc')).toBeUndefined();
  });

  it('goes by what it knew a while ago while identity cannot be reached, and by nothing else', async () => {
    login();
    validation('abc').reply(200, access('abc', tenant));
    const keystone = asV2();
    await keystone.authenticate('abc');
    now = later(now, seconds(359));
    validation('abc').reply(503);
    expect(await keystone.authenticate('abc')).toBeDefined();
    now = later(now, seconds(1));
    validation('abc').replyWithError('gone');
    await expect(keystone.authenticate('abc')).rejects.toMatchObject({ code: 'unavailable' });
    validation('other').reply(500);
    await expect(keystone.authenticate('other')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('goes by what it knew no longer than the token lasts', async () => {
    login();
    validation('abc').reply(200, access('abc', { ...tenant, expires: expires(100) }));
    const keystone = asV2();
    await keystone.authenticate('abc');
    now = later(now, seconds(99));
    validation('abc').reply(503);
    expect(await keystone.authenticate('abc')).toBeDefined();
    now = later(now, seconds(1));
    validation('abc').reply(503);
    await expect(keystone.authenticate('abc')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('gives up a request at its deadline', async () => {
    nock.enableNetConnect('127.0.0.1');
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/v2.0`;
    const delays: number[] = [];
    const hurried = { ...clock, after: (delay: number) => timer(delays.push(delay)) } as never;
    await expect(asV2({ url, clock: hurried }).authenticate('abc')).rejects.toMatchObject({ code: 'unavailable' });
    expect(delays).toEqual([5000]);
    silent.closeAllConnections();
    silent.close();
  });

  it.each([
    ['its own login is refused', () => nock(host).post('/v2.0/tokens').reply(401)],
    ['it may not validate tokens', () => [login(), validation('abc').reply(403)]],
    ['the answer is no document of identity', () => [login(), validation('abc').reply(200, '<html>')]],
    [
      'the answer does not end',
      () => [login(), validation('abc').reply(200, `${JSON.stringify(access('abc', tenant))}${' '.repeat(5_000_000)}`)],
    ],
    ['the answer leads elsewhere', () => [login(), validation('abc').reply(302, '', { Location: `${host}/v2.0/tokens/other` })]],
  ])('cannot tell whom a token belongs to when %s', async (_what, prepare) => {
    prepare();
    await expect(asV2().authenticate('abc')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('remembers so many tokens and no more, and asks about so many at a time', async () => {
    login();
    const keystone = asV2({ entries: 2, lookups: 1 });
    for (const token of ['a', 'b', 'c']) {
      validation(token).reply(200, access(token, tenant));
      await keystone.authenticate(token);
    }
    validation('a').reply(404);
    expect(await keystone.authenticate('a')).toBeUndefined();
    expect(await keystone.authenticate('c')).toBeDefined();
    validation('d').reply(404);
    const first = keystone.authenticate('d');
    await expect(keystone.authenticate('e')).rejects.toMatchObject({ code: 'unavailable' });
    await first;
  });
});

describe('keystoneAuthenticator with v3', () => {
  it('sends the token to check in X-Subject-Token, and reads the project and its roles', async () => {
    nock(host)
      .post('/v3/auth/tokens', {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { name: 'lutra', domain: { name: 'Default' }, password: 'of-the-service' } },
          },
          scope: { project: { name: 'service', domain: { name: 'Default' } } },
        },
      })
      .reply(201, { token: { expires_at: expires() } }, { 'X-Subject-Token': 'own' });
    nock(host, { reqheaders: { 'X-Auth-Token': 'own', 'X-Subject-Token': 'abc' } })
      .get('/v3/auth/tokens')
      .reply(200, {
        token: { expires_at: expires().replace('Z', '+00:00'), project: { id: 'p' }, roles: [{ name: 'identity:user-admin' }] },
      });
    const keystone = keystoneAuthenticator({ url: `${host}/v3/`, clock, credentials: { ...credentials, tenant: 'service' } });
    expect((await keystone.authenticate('abc'))?.tenants).toEqual(new Map([['p', 'admin']]));
  });

  it('takes no address without a version', () => {
    expect(() => keystoneAuthenticator({ url: host, clock, credentials })).toThrow('must end in /v2.0 or /v3');
  });
});
