import { type EpochMs, epochMs, formatInstant, later, seconds } from '@lutra/core';
import nock from 'nock';
import { NEVER } from 'rxjs';
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
const inSeconds = (span: number): string => formatInstant(later(now, seconds(span)));
const asV2 = (options = {}) => keystoneAuthenticator({ url: `${host}/v2.0`, clock, credentials, ...options });
const asV3 = (options = {}) => keystoneAuthenticator({ url: `${host}/v3`, clock, credentials, ...options });
const tenant = { id: '829409' };
const access = (id: string, roles: unknown, more: object = {}) => ({
  access: { token: { id, expires: inSeconds(3600), tenant, ...more }, user: { roles } },
});
const login = (id = 'own', more = {}) =>
  nock(host)
    .post('/v2.0/tokens')
    .reply(200, access(id, [], more));
const validation = (token: string, own = 'own') => nock(host, { reqheaders: { 'X-Auth-Token': own } }).get(`/v2.0/tokens/${token}`);
const unreadable = { code: 'unavailable' };

describe('keystoneAuthenticator with names of users', () => {
  const userOf = async (user: object | undefined, version: 'v2.0' | 'v3'): Promise<string | undefined> => {
    const expires = inSeconds(3600);
    if (version === 'v3') {
      nock(host)
        .post('/v3/auth/tokens')
        .reply(201, { token: { expires_at: expires } }, { 'X-Subject-Token': 'own' });
      nock(host)
        .get('/v3/auth/tokens')
        .reply(200, { token: { expires_at: expires, user } });
      return (await asV3().authenticate('abc'))?.user;
    }
    login();
    validation('abc').reply(200, { access: { token: { id: 'abc', expires, tenant }, user } });
    return (await asV2().authenticate('abc'))?.user;
  };

  it.each(['v2.0', 'v3'] as const)(
    'tells by %s what the user of a token is called, and lets in one that it does not say of',
    async (version) => {
      expect(await userOf({ id: '7', name: 'ann' }, version)).toBe('ann');
      expect(await userOf({ id: '7', name: 'a'.repeat(999) }, version)).toHaveLength(256);
      for (const user of [undefined, {}, { name: '' }, { name: 7 }]) {
        expect(await userOf(user, version)).toBeUndefined();
      }
    },
  );
});

describe('keystoneAuthenticator with names of roles', () => {
  const roles = { admin: ['admin', 'member'], observer: ['reader'], operator: ['operator'] };
  const ofProject = (names: readonly string[], project: object | undefined = { id: 'p' }) => {
    nock(host)
      .post('/v3/auth/tokens')
      .reply(201, { token: { expires_at: inSeconds(3600) } }, { 'X-Subject-Token': 'own' });
    const named = names.map((name) => ({ id: `id of ${name}`, name }));
    nock(host)
      .get('/v3/auth/tokens')
      .reply(200, { token: { expires_at: inSeconds(3600), roles: named, ...('id' in project ? { project } : {}) } });
  };

  it.each([
    [['member', 'reader'], 'admin'],
    [['reader'], 'observer'],
    [['autoscale:admin', 'observer', 'heat_stack_owner'], 'none'],
    [[], 'none'],
  ])('takes %j of a plain OpenStack for %s', async (names, role) => {
    ofProject(names);
    expect((await asV3({ roles }).authenticate('abc'))?.tenants).toEqual(new Map([['p', role]]));
  });

  it('lets admin, who rules a whole OpenStack, into the project of the token and nowhere else', async () => {
    ofProject(['admin', 'member', 'reader']);
    const tenants = (await asV3({ roles }).authenticate('abc'))?.tenants;
    expect([tenants?.get('p'), tenants?.get('q'), tenants?.size]).toEqual(['admin', undefined, 1]);
  });

  it('lets a token of no project in nowhere, whatever its roles', async () => {
    ofProject(['admin'], {});
    expect((await asV3({ roles }).authenticate('abc'))?.tenants.size).toBe(0);
  });

  it.each([
    [['operator'], { id: 'p' }, true],
    [['operator'], {}, true],
    [['admin', 'member', 'identity:admin'], { id: 'p' }, false],
  ])('takes %j of v3, with a token for %j, for an operator: %s', async (names, project, isOperator) => {
    ofProject(names, project);
    expect((await asV3({ roles }).authenticate('abc'))?.isOperator).toBe(isOperator);
  });

  it.each([
    [{ name: 'operator' }, true],
    [{ name: 'operator', tenantId: 'q' }, false],
    [{ name: 'admin' }, false],
  ])('takes %j of v2.0 for an operator: %s', async (role, isOperator) => {
    login();
    validation('abc').reply(200, access('abc', [role]));
    expect((await asV2({ roles }).authenticate('abc'))?.isOperator).toBe(isOperator);
  });

  it('takes the names of v2.0 for what they are said to be', async () => {
    login();
    validation('abc').reply(200, access('abc', [{ name: 'reader' }, { name: 'member', tenantId: 'q' }]));
    expect(Object.fromEntries((await asV2({ roles }).authenticate('abc'))?.tenants ?? [])).toEqual({ 829409: 'observer', q: 'admin' });
  });
});

describe('keystoneAuthenticator with answers beyond measure', () => {
  it.each<[string, unknown]>([
    ['more roles than anybody has', Array(1_001).fill({ name: 'admin' })],
    ['a great many wrong roles', Array(400_000).fill(1)],
    ['an id of a tenant longer than any', [{ name: 'admin', tenantId: 'x'.repeat(257) }]],
    ['roles that are none', { length: 1 }],
  ])('cannot read %s', async (_what, roles) => {
    login();
    validation('abc').reply(200, access('abc', roles));
    await expect(asV2().authenticate('abc')).rejects.toMatchObject(unreadable);
  });

  it('reads past what nests as deep as an answer can', async () => {
    login();
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    validation('abc').reply(
      200,
      JSON.stringify(access('abc', [{ name: 'admin' }])).replace('"access":{', `"access":{"serviceCatalog":${deep},`),
    );
    expect((await asV2().authenticate('abc'))?.tenants.get('829409')).toBe('admin');
  });

  it('cannot read an answer of more than a mebibyte', async () => {
    login();
    validation('abc').reply(200, JSON.stringify(access('abc', [])) + ' '.repeat(1024 * 1024));
    await expect(asV2().authenticate('abc')).rejects.toMatchObject(unreadable);
  });

  it('refuses a token of its own that no header can carry', async () => {
    login('own\r\nX-Other: 1');
    await expect(asV2().authenticate('abc')).rejects.toMatchObject(unreadable);
  });

  it('lets a token end far from now, and knows one that ended long ago for nobody', async () => {
    login();
    const ever = asV2();
    validation('ever').reply(200, access('ever', [{ name: 'admin' }], { expires: '9999-12-31T23:59:59Z' }));
    validation('never').reply(200, access('never', [{ name: 'admin' }], { expires: '0001-01-01T00:00:00Z' }));
    expect((await ever.authenticate('ever'))?.tenants.get('829409')).toBe('admin');
    expect(await ever.authenticate('never')).toBeUndefined();
    validation('odd').reply(200, access('odd', [{ name: 'admin' }], { expires: '99999999-12-31T23:59:59Z' }));
    await expect(ever.authenticate('odd')).rejects.toMatchObject(unreadable);
  });
});

describe('keystoneAuthenticator with an identity in trouble', () => {
  it('asks nothing more while the Retry-After of an answer lasts, which is a minute at most', async () => {
    login();
    validation('a').reply(429, '', { 'Retry-After': '7200' });
    const keystone = asV2();
    await expect(keystone.authenticate('a')).rejects.toMatchObject(unreadable);
    now = later(now, seconds(59));
    await expect(keystone.authenticate('a')).rejects.toMatchObject(unreadable);
    now = later(now, seconds(1));
    validation('a').reply(200, access('a', [{ name: 'admin' }]));
    expect(await keystone.authenticate('a')).toBeDefined();
  });

  it.each(['-5', 'soon', 'Fri, 31 Dec 9999 23:59:59 GMT', '1e9', undefined])(
    'does not wait because of a Retry-After of %j',
    async (text) => {
      login();
      validation('a').reply(503, '', text === undefined ? {} : { 'Retry-After': text });
      const keystone = asV2();
      await expect(keystone.authenticate('a')).rejects.toMatchObject(unreadable);
      validation('a').reply(404);
      expect(await keystone.authenticate('a')).toBeUndefined();
    },
  );

  it('does not offer refused credentials again for five seconds', async () => {
    nock(host).post('/v2.0/tokens').reply(401);
    const keystone = asV2();
    for (const token of ['a', 'b', 'c']) await expect(keystone.authenticate(token)).rejects.toMatchObject(unreadable);
    now = later(now, seconds(5));
    login();
    validation('a').reply(404);
    expect(await keystone.authenticate('a')).toBeUndefined();
  });

  it('logs in every five seconds at most when its own token has ended as soon as it comes', async () => {
    login('own', { expires: inSeconds(-3600) });
    const keystone = asV2();
    for (const token of ['a', 'b', 'c']) {
      validation(token).reply(404);
      expect(await keystone.authenticate(token)).toBeUndefined();
    }
    now = later(now, seconds(5));
    login('newer', { expires: inSeconds(-3600) });
    validation('d', 'newer').reply(404);
    expect(await keystone.authenticate('d')).toBeUndefined();
  });

  it('logs in once when its own token is refused to many at a time', async () => {
    login();
    for (const token of ['a', 'b', 'c']) validation(token).reply(401);
    login('newer');
    for (const token of ['a', 'b', 'c']) validation(token, 'newer').reply(404);
    const keystone = asV2();
    expect(await Promise.all(['a', 'b', 'c'].map((token) => keystone.authenticate(token)))).toEqual([undefined, undefined, undefined]);
  });
});

describe('keystoneAuthenticator with an address', () => {
  it.each([
    'https://lutra:s3cret@identity.example/v3',
    'https://s3cret@identity.example/v3',
    'https://identity.example/v3?password=s3cret#/v3',
    'ftp://identity.example/s3cret/v3',
    'https://identity.example/"s3cret/v3',
  ])('refuses more than an address, and does not repeat it: %s', (url) => {
    const make = () => keystoneAuthenticator({ url, clock, credentials });
    expect(make).toThrow(/^the address of identity must be a URL without user name, password and query/);
    expect(make).not.toThrow(/s3cret/);
  });
});
