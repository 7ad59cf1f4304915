/** Who may do what, with `lutra serve --auth keystone` on its own simulated cloud: users of its identity times routes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServe, startServe } from './cli-serve-process.ts';
import { groupConfiguration, type Json, newGroup, policy } from './rest-client.ts';

const tenant = '829409';
let serve: RunningServe;
let owner = '';
let group = '';
let up = '';
let webhook = '';
let capability = '';

/** The token of a user of the simulated identity, by Keystone v2.0. */
async function login(username: string): Promise<string> {
  const auth = { passwordCredentials: { username, password: 'password' } };
  const res = await fetch(`${serve.cloud}/v2.0/tokens`, {
    method: 'POST',
    body: JSON.stringify({ auth }),
    headers: { 'Content-Type': 'application/json' },
  });
  const { access } = (await res.json()) as Json;
  return access.token.id;
}
async function send(token: string | undefined, method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
  const headers = { ...(token === undefined ? {} : { 'X-Auth-Token': token }), 'Content-Type': 'application/json' };
  const res = await fetch(serve.api + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  } as RequestInit);
  const text = await res.text();
  return { status: res.status, body: text === '' ? undefined : JSON.parse(text) };
}

beforeAll(async () => {
  serve = await startServe('--auth', 'keystone');
  owner = await login('owner');
  const made = await send(owner, 'POST', `/v1.0/${tenant}/groups`, { ...newGroup, scalingPolicies: [policy] });
  group = `/v1.0/${tenant}/groups/${made.body.group.id}`;
  up = `${group}/policies/${made.body.group.scalingPolicies[0].id}`;
  const hooks = await send(owner, 'POST', `${up}/webhooks`, [{ name: 'a' }]);
  webhook = `${up}/webhooks/${hooks.body.webhooks[0].id}`;
  capability = new URL(hooks.body.webhooks[0].links[1].href).pathname;
});
afterAll(() => serve?.kill());

type Row = readonly [method: string, path: () => string, body: unknown, status: number];
const unknown = `/v1.0/${tenant}/groups/13344`;
/** What an admin is answered. Nothing of it changes what the next request meets. */
const reads: readonly Row[] = [
  ['GET', () => `/v1.0/${tenant}/groups`, undefined, 200],
  ['GET', () => group, undefined, 200],
  ['GET', () => `${group}/state`, undefined, 200],
  ['GET', () => `${group}/config`, undefined, 200],
  ['GET', () => `${group}/launch`, undefined, 200],
  ['GET', () => `${group}/policies`, undefined, 200],
  ['GET', () => up, undefined, 200],
  ['GET', () => `${group}/servers`, undefined, 501],
  ['GET', () => `/v1.0/${tenant}/limits`, undefined, 200],
  ['GET', () => unknown, undefined, 404],
];
const secrets: readonly Row[] = [
  ['GET', () => `${up}/webhooks`, undefined, 200],
  ['GET', () => webhook, undefined, 200],
  ['GET', () => `${group}?webhooks=true`, undefined, 200],
];
const writes: readonly Row[] = [
  ['POST', () => `/v1.0/${tenant}/groups`, {}, 400],
  ['DELETE', () => `${unknown}?force=true`, undefined, 404],
  ['POST', () => `${group}/pause`, undefined, 204],
  ['POST', () => `${group}/resume`, undefined, 204],
  ['POST', () => `${group}/converge`, undefined, 204],
  ['PUT', () => `${group}/config`, groupConfiguration, 204],
  ['PUT', () => `${group}/launch`, newGroup.launchConfiguration, 204],
  ['DELETE', () => `${group}/servers/junk`, undefined, 404],
  ['POST', () => `${group}/policies`, [], 400],
  ['PUT', () => up, policy, 204],
  ['DELETE', () => `${group}/policies/13344`, undefined, 404],
  ['POST', () => `${group}/policies/13344/execute`, undefined, 404],
  ['POST', () => `${up}/webhooks`, [], 400],
  ['PUT', () => webhook, { name: 'a', metadata: {} }, 204],
  ['DELETE', () => `${up}/webhooks/13344`, undefined, 404],
];

/** The user, and of which rows he gets the answer; the rest is 403. */
const users: readonly (readonly [user: string, may: readonly Row[]])[] = [
  ['owner', [...reads, ...secrets, ...writes]],
  ['autoscale-admin.nova-admin.lbaas-admin', [...reads, ...secrets, ...writes]],
  ['autoscale-admin.nova-none.lbaas-none', [...reads, ...secrets, ...writes]],
  ['autoscale-observer.nova-none.lbaas-none', reads],
  ['autoscale-observer.nova-admin.lbaas-admin', reads],
  ['autoscale-none.nova-admin.lbaas-admin', []],
  ['autoscale-none.nova-none.lbaas-none', []],
  ['neighbour', []],
];

describe('with --auth keystone', () => {
  it.each(users)('%s gets what his role allows, and 403 for the rest', async (user, may) => {
    const token = await login(user);
    for (const row of [...reads, ...secrets, ...writes]) {
      const [method, path, body, status] = row;
      const answer = await send(token, method, path(), body);
      expect([method, path(), answer.status]).toEqual([method, path(), may.includes(row) ? status : 403]);
      if (!may.includes(row)) expect(answer.body.error.type).toBe('Forbidden');
    }
  });

  it('nobody gets anything without a good token, not even whether a group is there', async () => {
    for (const token of [undefined, 'nonsense', '0'.repeat(32)]) {
      for (const [method, path, body] of [...reads, ...secrets, ...writes]) {
        const answer = await send(token, method, path(), body);
        expect([method, path(), answer.status, answer.body.error.type]).toEqual([method, path(), 401, 'InvalidCredentials']);
      }
    }
  });

  it('a capability URL works for everybody, whatever token he sends', async () => {
    const desired = async () => (await send(owner, 'GET', `${group}/state`)).body.group.desiredCapacity;
    const before = await desired();
    const tokens = [undefined, 'nonsense', await login('autoscale-observer.nova-none.lbaas-none'), await login('neighbour')];
    for (const token of tokens) expect((await send(token, 'POST', capability)).status).toBe(202);
    expect(await desired()).toBe(before + tokens.length);
  });

  it('an owner of another tenant has his own groups, and not these', async () => {
    const stranger = await login('a-new-user');
    expect((await send(stranger, 'GET', `/v1.0/${tenant}/groups`)).status).toBe(403);
  });

  it('takes the tokens of v3 as well', async () => {
    const identity = {
      methods: ['password'],
      password: { user: { name: 'autoscale-observer.nova-none.lbaas-none', domain: { id: 'default' }, password: 'password' } },
    };
    const body = JSON.stringify({ auth: { identity, scope: { project: { id: tenant } } } });
    const res = await fetch(`${serve.cloud}/v3/auth/tokens`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
    const token = res.headers.get('X-Subject-Token') ?? '';
    expect([(await send(token, 'GET', group)).status, (await send(token, 'POST', `${group}/pause`)).status]).toEqual([200, 403]);
  });
});

describe('with --auth keystone against v3', () => {
  it('asks the same identity by its other version', async () => {
    const other = await startServe(
      '--auth',
      'keystone',
      '--auth.keystone.url',
      `${serve.cloud}/v3`,
      '--auth.keystone.username',
      'service',
      '--auth.keystone.password',
      'password',
    );
    try {
      const status = async (user: string) =>
        (await fetch(`${other.api}/v1.0/${tenant}/groups`, { headers: { 'X-Auth-Token': await login(user) } })).status;
      expect([await status('owner'), await status('autoscale-none.nova-admin.lbaas-admin'), await status('neighbour')]).toEqual([
        200, 403, 403,
      ]);
    } finally {
      other.kill();
    }
  });
});
