import { type JsonObject, seconds } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';

afterEach(closeServedClouds);

const servers = '/v2/829409/servers';
const lb = '/v1.0/829409/loadbalancers/237935';
const create = ({ ask }: ServedCloud, name = 'web', metadata: JsonObject = {}) =>
  ask(`POST ${servers}`, { server: { name, imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: '2', metadata } });
const statusOf = async ({ ask }: ServedCloud, id: string) => (await ask(`GET ${servers}/${id}`)).body.server?.status ?? 'gone';

describe('behaviors', () => {
  const creation = 'POST /v2/829409/behaviors/creation';
  const named = (name: string) => [{ server_name: name }];

  it('make creates of matching servers fail, fail after all, build long, or break', async () => {
    const cloud = await servedCloud();
    await cloud.ask(creation, { criteria: named('bad'), name: 'fail', parameters: { code: 418, message: 'no', type: 'teapot' } });
    await cloud.ask(creation, { criteria: named('liar'), name: 'false-negative', parameters: { code: 500, message: 'x' } });
    await cloud.ask(creation, { criteria: named('slow'), name: 'build', parameters: { duration: 60 } });
    await cloud.ask(creation, { criteria: named('frail'), name: 'active-then-error', parameters: { duration: 20 } });
    expect(await create(cloud, 'bad-1')).toMatchObject({ status: 418, body: { teapot: { message: 'no', code: 418 } } });
    expect((await create(cloud, 'liar')).status).toBe(500);
    expect((await create(cloud, 'not-bad')).status).toBe(202);
    const [slow, frail] = [(await create(cloud, 'slow')).body.server.id, (await create(cloud, 'frail')).body.server.id];
    await cloud.pass(seconds(15));
    expect([await statusOf(cloud, slow), await statusOf(cloud, frail)]).toEqual(['BUILD', 'ACTIVE']);
    await cloud.pass(seconds(10));
    expect(await statusOf(cloud, frail)).toBe('ERROR');
    const names = (await cloud.ask(`GET ${servers}`)).body.servers.map(({ name }: JsonObject) => name);
    expect(names).toEqual(['frail', 'slow', 'not-bad', 'liar']);
  });

  it('are refused when they could never meet anything', async () => {
    const { ask } = await servedCloud();
    const fail = (criteria: unknown) => ask(creation, { criteria, name: 'fail', parameters: {} });
    for (const criteria of ['x', ['x'], [{}], [{ username: 'x' }], [{ server_name: '(' }], [{ server_name: {} }], [{ metadata: 'x' }]]) {
      expect(await fail(criteria)).toMatchObject({ status: 400, body: { badRequest: { code: 400 } } });
    }
    for (const criteria of [[], undefined, [{ server_name: 'a' }, { metadata: { key: 'value' } }]]) {
      expect((await fail(criteria)).status).toBe(201);
    }
    const auth = 'POST /mimic/v1.1/IdentityControlAPI/behaviors/auth';
    expect((await ask(auth, { criteria: [{ server_name: 'a' }], name: 'fail' })).status).toBe(400);
  });

  it('are registered where the catalog says', async () => {
    const cloud = await servedCloud();
    const login = { auth: { passwordCredentials: { username: 'owner', password: 'password' } } };
    const { serviceCatalog } = (await cloud.ask('POST /v2.0/tokens', login)).body.access;
    const url = (service: string) => serviceCatalog.find(({ name }: JsonObject) => name === service).endpoints[0].publicURL;
    expect((await cloud.ask(`POST ${url('cloudServersBehavior')}/behaviors/creation`, { name: 'fail' })).status).toBe(201);
    const attributes = `PATCH ${url('cloudLoadBalancerControl')}/loadbalancer/237935/attributes`;
    expect((await cloud.ask(attributes, { status: 'ERROR' })).status).toBe(204);
  });

  it('have ids that others do not change', async () => {
    const body = { name: 'error', parameters: {} };
    const [alone, disturbed] = [await servedCloud(), await servedCloud()];
    await disturbed.ask('POST /v2/5/behaviors/creation', body);
    const id = async ({ ask }: ServedCloud): Promise<string> => (await ask(creation, body)).body.id;
    const first = await id(alone);
    expect([await id(disturbed), await id(disturbed)]).toEqual([first, await id(alone)]);
    await create(disturbed);
    await disturbed.ask('DELETE /control/tenants/829409');
    expect(await id(disturbed)).toBe(first);
  });

  it('go round in a sequence until they are deleted', async () => {
    const cloud = await servedCloud();
    const steps = [{ name: 'fail', parameters: { code: 500 } }, { name: 'default' }];
    const { status, body } = await cloud.ask(creation, { name: 'sequence', parameters: { behaviors: steps } });
    expect(status).toBe(201);
    const came: number[] = [];
    for (let n = 0; n < 4; n += 1) came.push((await create(cloud)).status);
    expect(came).toEqual([500, 202, 500, 202]);
    expect((await cloud.ask(`DELETE /v2/829409/behaviors/creation/${body.id}`)).status).toBe(204);
    expect((await cloud.ask(`DELETE /v2/829409/behaviors/creation/${body.id}`)).status).toBe(404);
    expect((await create(cloud)).status).toBe(202);
    expect((await cloud.ask(creation, { name: 'dance' })).status).toBe(400);
    expect((await cloud.ask(creation, { name: 'fail', criteria: named('(') })).status).toBe(400);
    expect((await cloud.ask('POST /v2/829409/behaviors/nothing', { name: 'fail' })).status).toBe(404);
  });

  it('refuse logins, by user', async () => {
    const { ask } = await servedCloud();
    const auth = 'POST /mimic/v1.1/IdentityControlAPI/behaviors/auth';
    await ask(auth, {
      criteria: [{ username: 'own' }],
      name: 'fail',
      parameters: { code: 503, message: 'away', type: 'serviceUnavailable' },
    });
    const login = (username: string) => ask('POST /v2.0/tokens', { auth: { passwordCredentials: { username, password: 'password' } } });
    expect((await login('owner')).body).toEqual({ serviceUnavailable: { message: 'away', code: 503 } });
    expect((await login('neighbour')).status).toBe(200);
  });
});

describe('metadata of servers', () => {
  it('says what becomes of them', async () => {
    const cloud = await servedCloud();
    const failing = JSON.stringify({ message: 'gone fishing', code: 503, type: 'string' });
    const refused = await create(cloud, 'a', { create_server_failure: failing });
    expect([refused.status, refused.text]).toEqual([503, 'gone fishing']);
    const slow = (await create(cloud, 'b', { server_building: '30' })).body.server.id;
    const broken = (await create(cloud, 'c', { server_error: '1' })).body.server.id;
    const clinging = (await create(cloud, 'd', { delete_server_failure: '{"code": 502, "times": 2}' })).body.server.id;
    await cloud.pass(seconds(15));
    expect([await statusOf(cloud, slow), await statusOf(cloud, broken)]).toEqual(['BUILD', 'ERROR']);
    const deleted: number[] = [];
    for (let n = 0; n < 3; n += 1) deleted.push((await cloud.ask(`DELETE ${servers}/${clinging}`)).status);
    expect(deleted).toEqual([502, 502, 204]);
  });
});

describe('attributes', () => {
  it('set the status of servers, load balancers and nodes', async () => {
    const cloud = await servedCloud();
    const { id } = (await create(cloud)).body.server;
    expect((await cloud.ask('POST /v2/829409/attributes/', { status: { [id]: 'SHUTOFF' } })).status).toBe(201);
    expect(await statusOf(cloud, id)).toBe('SHUTOFF');
    expect((await cloud.ask('POST /v2/829409/attributes/', { status: { none: 'ERROR' } })).status).toBe(400);
    await cloud.ask(`POST ${lb}/nodes`, { nodes: [{ address: '10.0.0.1', port: 80 }] });
    expect((await cloud.ask(`PUT ${lb}/nodes/1/status`, { status: 'OFFLINE' })).status).toBe(200);
    expect((await cloud.ask(`GET ${lb}/nodes/1`)).body.node.status).toBe('OFFLINE');
    const attributes = 'PATCH /v2/829409/loadbalancer/237935/attributes';
    expect((await cloud.ask(attributes, { status: 'ERROR' })).status).toBe(204);
    await cloud.pass(seconds(3600));
    expect((await cloud.ask(`GET ${lb}`)).body.loadBalancer.status).toBe('ERROR');
    await cloud.ask(attributes, { status: 'ACTIVE' });
    expect((await cloud.ask(`GET ${lb}`)).body.loadBalancer.status).toBe('ACTIVE');
    expect((await cloud.ask(attributes, { status: 'SLEEPY' })).status).toBe(400);
  });

  it('include presets', async () => {
    const { ask } = await servedCloud();
    expect((await ask('GET /mimic/v1.0/presets')).body.servers.invalid_image_ref).toContain('INVALID-IMAGE-ID');
  });
});
