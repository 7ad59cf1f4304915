import { type JsonObject, milliseconds, seconds, seededRandom } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { documentedTenants } from '../identity/identity-data.ts';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';
import { paces } from '../world/pace.ts';

afterEach(closeServedClouds);

const image = '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8';
const request = (more: JsonObject = {}) => ({ server: { name: 'web', imageRef: image, flavorRef: 'performance1-1', ...more } });
const root = '/v2/829409';
const create = async ({ ask }: ServedCloud, more: JsonObject = {}): Promise<string> =>
  (await ask(`POST ${root}/servers`, request(more))).body.server.id;
const active = async (cloud: ServedCloud, more: JsonObject = {}): Promise<string> => {
  const id = await create(cloud, more);
  await cloud.pass(seconds(11));
  return id;
};
const statusOf = async ({ ask }: ServedCloud, id: string) => (await ask(`GET ${root}/servers/${id}`)).body.server.status;

describe('servers over HTTP', () => {
  it('are created in BUILD, become ACTIVE with addresses, and are deleted', async () => {
    const cloud = await servedCloud();
    const made = await cloud.ask(`POST ${root}/servers`, request({ metadata: { a: 'b' } }));
    expect(made.status).toBe(202);
    expect(Object.keys(made.body.server).sort()).toEqual(['OS-DCF:diskConfig', 'adminPass', 'id', 'links', 'security_groups']);
    const path = `${root}/servers/${made.body.server.id}`;
    expect((await cloud.ask(`GET ${path}`)).body.server).toMatchObject({ status: 'BUILD', addresses: {}, metadata: { a: 'b' } });
    await cloud.pass(seconds(11));
    expect((await cloud.ask(`GET ${path}`)).body.server).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': null });
    const { addresses } = (await cloud.ask(`GET ${path}/ips`)).body;
    expect(addresses).toEqual({
      public: [{ addr: expect.any(String), version: 4 }],
      private: [{ addr: expect.stringMatching(/^10\./), version: 4 }],
    });
    expect((await cloud.ask(`GET ${path}/ips/private`)).body).toEqual({ private: addresses.private });
    expect((await cloud.ask(`DELETE ${path}`)).status).toBe(204);
    expect((await cloud.ask(`GET ${path}`)).body.server['OS-EXT-STS:task_state']).toBe('deleting');
    await cloud.pass(seconds(6));
    expect((await cloud.ask(`GET ${path}`)).status).toBe(404);
  });

  it('are ACTIVE within 5 s of the demo pace, whatever the seed', async () => {
    for (const seed of [1, 2, 3]) {
      const cloud = await servedCloud({ random: seededRandom(seed), pace: { ...paces.demo, latency: { kind: 'none' } } });
      const ids = await Promise.all(Array.from({ length: 20 }, () => create(cloud)));
      expect(await statusOf(cloud, ids[0] ?? '')).toBe('BUILD');
      await cloud.pass(milliseconds(4900));
      expect(await Promise.all(ids.map((id) => statusOf(cloud, id)))).toEqual(ids.map(() => 'ACTIVE'));
    }
  });

  it.each([
    ['{', /malformed/],
    [{ server: { imageRef: image } }, /^Server name is not defined/],
    [request({ imageRef: '1111' }), /^Can not find requested image/],
    [request({ imageRef: '3a1d0b5c-2f64-4f0e-8c5e-6a9b7d8e4c21' }), /is not active/],
    [request({ flavorRef: '99' }), /^Invalid flavorRef provided/],
    [request({ key_name: 'none' }), /^Invalid key_name provided\.$/],
    [request({ networks: [{ uuid: 'x' }] }), /^Bad networks format: network uuid is not in proper format \(x\)$/],
    [request({ 'OS-DCF:diskConfig': 'BOTH' }), /^OS-DCF:diskConfig must be either/],
    [request({ metadata: { a: 1 } }), /^Malformed metadata/],
    [request({ personality: [1, 2, 3, 4, 5, 6].map((n) => ({ path: `/${n}`, contents: '' })) }), /^Personality file limit exceeded/],
    [request({ personality: [{ path: '/a', contents: 'A'.repeat(2000) }] }), /^Personality file content too long/],
  ])('are refused with what is wrong, as Nova says it (%#)', async (body, message) => {
    const { ask } = await servedCloud();
    const { status, body: said } = await ask(`POST ${root}/servers`, body);
    expect([status, said.badRequest.code]).toEqual([400, 400]);
    expect(said.badRequest.message).toMatch(message);
  });

  it('take an image and a flavor by their URLs, as old clients name them', async () => {
    const cloud = await servedCloud();
    const id = await create(cloud, { imageRef: `https://x/images/${image}`, flavorRef: 'https://x/flavors/2' });
    expect((await cloud.ask(`GET ${root}/servers/${id}`)).body.server).toMatchObject({ image: { id: image }, flavor: { id: '2' } });
  });

  it('are listed by name, status, image and flavor, and what went since an instant', async () => {
    const cloud = await servedCloud();
    const [first, second] = [await active(cloud, { name: 'web-1' }), await create(cloud, { name: 'db-1', flavorRef: '2' })];
    const ids = async (query: string, path = 'servers/detail') =>
      (await cloud.ask(`GET ${root}/${path}?${query}`)).body.servers.map(({ id }: { id: string }) => id);
    expect(await ids('')).toEqual([second, first]);
    expect(await ids('name=^web')).toEqual([first]);
    expect(await ids('name=b-1', 'servers')).toEqual([second, first]);
    expect(await ids('status=build')).toEqual([second]);
    expect(await ids(String.raw`ip=^10\.176\.0\.1$`)).toEqual([first]);
    expect(await ids('ip=10')).toEqual([first]);
    expect(await ids('ip=176')).toEqual([]); // from its beginning
    expect(await ids(String.raw`ip=^10\.176\.0\.11$`)).toEqual([]);
    expect(await ids(`flavor=2&image=${image}`)).toEqual([second]);
    await cloud.ask(`DELETE ${root}/servers/${first}`);
    await cloud.pass(seconds(6));
    expect(await ids('')).toEqual([second]);
    const { servers } = (await cloud.ask(`GET ${root}/servers/detail?changes-since=2026-01-01T00:00:15Z`)).body;
    expect(servers.map(({ id, status }: JsonObject) => [id, status])).toEqual([[first, 'DELETED']]);
    expect((await cloud.ask(`GET ${root}/servers?changes-since=soon`)).status).toBe(400);
    expect((await cloud.ask(`GET ${root}/servers?name=(`)).status).toBe(400);
    expect((await cloud.ask(`GET ${root}/servers?ip=(`)).status).toBe(400);
  });

  it('keep what was asked for in the link to the next page, and each row its bytes', async () => {
    const cloud = await servedCloud();
    for (const name of ['a', 'b', 'c']) await create(cloud, { name });
    const { body } = await cloud.ask(`GET ${root}/servers/detail?limit=2&status=BUILD&changes-since=2025-01-01T00:00:00Z`);
    const next = new URL(body.servers_links[0].href);
    expect(next.searchParams.get('status')).toBe('BUILD');
    expect(next.searchParams.get('changes-since')).toBe('2025-01-01T00:00:00Z');
    const rest = (await cloud.ask(`GET ${next}`)).body;
    expect([...body.servers, ...rest.servers].map(({ name }: JsonObject) => name)).toEqual(['c', 'b', 'a']);
    await cloud.pass(seconds(11));
    const again = (await cloud.ask(`GET ${root}/servers/detail`)).body.servers;
    expect(again.map(({ status }: JsonObject) => status)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
  });

  it('have metadata that is read, replaced, merged, set and taken away', async () => {
    const cloud = await servedCloud();
    const path = `${root}/servers/${await active(cloud, { metadata: { a: '1' } })}/metadata`;
    const call = async (method: string, tail = '', body?: object) => (await cloud.ask(`${method} ${path}${tail}`, body)).body;
    expect(await call('GET')).toEqual({ metadata: { a: '1' } });
    expect(await call('POST', '', { metadata: { b: '2' } })).toEqual({ metadata: { a: '1', b: '2' } });
    expect(await call('PUT', '/c', { meta: { c: '3' } })).toEqual({ meta: { c: '3' } });
    expect(await call('GET', '/c')).toEqual({ meta: { c: '3' } });
    expect((await call('PUT', '/c', { meta: { d: '3' } })).badRequest.message).toBe('Request body and URI mismatch');
    await call('DELETE', '/a');
    expect((await call('DELETE', '/a')).itemNotFound.code).toBe(404);
    expect(await call('GET')).toEqual({ metadata: { b: '2', c: '3' } });
    expect(await call('PUT', '', { metadata: { z: '9' } })).toEqual({ metadata: { z: '9' } });
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`k${n}`, '']));
    expect((await call('POST', '', { metadata: many })).forbidden.message).toBe('Maximum number of metadata items exceeds 40');
  });
});

describe('the metadata of a server that builds', () => {
  it('is read, and not written: 409, whichever way', async () => {
    const cloud = await servedCloud();
    const path = `${root}/servers/${await create(cloud, { metadata: { a: '1' } })}/metadata`;
    expect((await cloud.ask(`GET ${path}`)).body).toEqual({ metadata: { a: '1' } });
    const writes: readonly (readonly [string, object?])[] = [
      [`POST ${path}`, { metadata: { b: '2' } }],
      [`PUT ${path}`, { metadata: { b: '2' } }],
      [`PUT ${path}/b`, { meta: { b: '2' } }],
      [`DELETE ${path}/a`],
    ];
    for (const [call, body] of writes) {
      const { status, body: said } = await cloud.ask(call, body);
      expect([status, said.conflictingRequest.message], call).toEqual([
        409,
        expect.stringMatching(/^Cannot '(update|delete) metadata' instance .* while it is in vm_state building$/),
      ]);
    }
  });
});

describe('server actions', () => {
  it.each([
    ['reboot', { type: 'HARD' }, 202, 'HARD_REBOOT', 'ACTIVE'],
    ['resize', { flavorRef: '3' }, 202, 'RESIZE', 'VERIFY_RESIZE'],
    ['rebuild', { imageRef: image }, 202, 'REBUILD', 'ACTIVE'],
    ['rescue', null, 200, 'RESCUE', 'RESCUE'],
    ['changePassword', { adminPass: 'x' }, 202, 'PASSWORD', 'ACTIVE'],
    ['os-stop', null, 202, 'SHUTOFF', 'SHUTOFF'],
  ])('%s goes through its statuses', async (action, details, status, through, at) => {
    const cloud = await servedCloud();
    const id = await active(cloud);
    expect((await cloud.ask(`POST ${root}/servers/${id}/action`, { [action]: details })).status).toBe(status);
    expect(await statusOf(cloud, id)).toBe(through);
    await cloud.pass(seconds(4));
    expect(await statusOf(cloud, id)).toBe(at);
  });

  it('rebuild a server with other metadata, of the form that a create wants', async () => {
    const cloud = await servedCloud();
    const id = await active(cloud);
    const rebuild = (metadata: unknown) => cloud.ask(`POST ${root}/servers/${id}/action`, { rebuild: { imageRef: image, metadata } });
    for (const wrong of ['x', [], { a: 1 }]) expect((await rebuild(wrong)).status).toBe(400);
    expect((await rebuild(Object.fromEntries(Array.from({ length: 41 }, (_, n) => [`k${n}`, 'v'])))).status).toBe(403);
    for (const [metadata, then] of [
      [{ a: 'b' }, { a: 'b' }],
      [null, { a: 'b' }],
    ]) {
      expect((await rebuild(metadata)).body.server.metadata).toEqual(then);
      await cloud.pass(seconds(4));
    }
  });

  it('confirm or revert a resize', async () => {
    const cloud = await servedCloud();
    const id = await active(cloud);
    const flavorNow = async () => (await cloud.ask(`GET ${root}/servers/${id}`)).body.server.flavor.id;
    const act = async (body: object) => {
      const { status } = await cloud.ask(`POST ${root}/servers/${id}/action`, body);
      await cloud.pass(seconds(4));
      return status;
    };
    await act({ resize: { flavorRef: '3' } });
    expect([await act({ revertResize: null }), await flavorNow()]).toEqual([202, 'performance1-1']);
    await act({ resize: { flavorRef: '3' } });
    expect([await act({ confirmResize: null }), await flavorNow()]).toEqual([204, '3']);
  });

  it('make an image, and are refused in the wrong state or when there are none', async () => {
    const cloud = await servedCloud();
    const path = `POST ${root}/servers/${await create(cloud)}/action`;
    expect((await cloud.ask(path, { reboot: { type: 'SOFT' } })).body.conflictingRequest).toMatchObject({
      code: 409,
      message: expect.stringContaining("Cannot 'reboot' instance"),
    });
    await cloud.pass(seconds(11));
    expect((await cloud.ask(path, { reboot: { type: 'soon' } })).status).toBe(400);
    expect((await cloud.ask(path, { dance: null })).status).toBe(400);
    const { status, headers } = await cloud.ask(path, { createImage: { name: 'mine' } });
    expect(status).toBe(202);
    const made = `GET ${headers.get('location')}`;
    expect((await cloud.ask(made)).body.image).toMatchObject({ name: 'mine', status: 'SAVING' });
    await cloud.pass(seconds(6));
    expect((await cloud.ask(made)).body.image.status).toBe('ACTIVE');
  });
});

describe('what every tenant finds in Nova', () => {
  it('lets a tenant have 200 instances, unless the quota is lifted', async () => {
    const { ask, world } = await servedCloud();
    const make = () => ask(`POST ${root}/servers`, request());
    for (let made = 0; made < 199; made += 1) await world.call('server.create', documentedTenants.first, request());
    expect((await make()).status).toBe(202);
    const refused = await make();
    expect([refused.status, refused.body]).toEqual([
      403,
      { forbidden: { message: 'Quota exceeded for instances: Requested 1, but already used 200 of 200 instances', code: 403 } },
    ]);
    await ask('PUT /control/tenants/829409/quota', { instances: null });
    expect((await make()).status).toBe(202);
    expect((await ask(`GET ${root}/limits`)).body.limits.absolute).toMatchObject({ maxTotalInstances: -1, totalInstancesUsed: 201 });
  });

  it('has images, flavors, limits, keys and networks', async () => {
    const { ask } = await servedCloud();
    const get = async (path: string) => (await ask(`GET ${root}/${path}`)).body;
    const { images } = await get('images/detail');
    expect(images.filter(({ status }: JsonObject) => status === 'ACTIVE')).toHaveLength(3);
    expect((await get(`images/${image}`)).image.minDisk).toBe(20);
    expect((await ask(`GET ${root}/images/INVALID-IMAGE-ID`)).status).toBe(404);
    const flavors = (await get('flavors')).flavors.map(({ id }: JsonObject) => id);
    expect(flavors).toEqual(expect.arrayContaining(['2', '8', 'general1-1', 'performance1-8', 'compute1-4']));
    expect((await get('flavors/2')).flavor).toMatchObject({ ram: 512, disk: 20, vcpus: 1 });
    expect((await get('limits')).limits.absolute).toMatchObject({ maxPersonality: 5, maxPersonalitySize: 1000, maxTotalInstances: 200 });
    expect((await ask(`POST ${root}/os-keypairs`, { keypair: { name: 'k' } })).body.keypair.private_key).toContain('SIMULATED');
    expect((await ask(`POST ${root}/os-keypairs`, { keypair: { name: 'k' } })).status).toBe(409);
    expect((await get('os-keypairs')).keypairs).toHaveLength(1);
    expect((await ask(`DELETE ${root}/os-keypairs/k`)).status).toBe(202);
    const { networks } = await get('os-networksv2');
    expect(networks.map(({ label }: JsonObject) => label).slice(0, 2)).toEqual(['public', 'private']);
    expect((await ask(`GET /image/v2/images/${image}`)).body).toMatchObject({ id: image, status: 'active' });
  });

  it('has one image that is not ACTIVE: it comes first and says so, and the last of every family is ACTIVE', async () => {
    const { ask } = await servedCloud();
    for (const call of [`${root}/images/detail`, '/v2.1/829409/images/detail', '/image/v2/images', '/image/v2/829409/v2/images']) {
      const { images } = (await ask(`GET ${call}`)).body;
      const seen = images.map(({ name, status }: JsonObject) => ({
        name: String(name),
        active: String(status).toUpperCase() === 'ACTIVE',
      }));
      expect(seen.map(({ active }: { readonly active: boolean }) => active)).toEqual([false, true, true, true]);
      expect(seen[0].name).toContain('not ACTIVE');
      for (const family of ['Ubuntu', 'CentOS', 'Debian'])
        expect(seen.findLast(({ name }: { readonly name: string }) => name.includes(family))).toMatchObject({ active: true });
    }
  });

  it('has version documents, and works under /v2.1 too, there also without the tenant in the path', async () => {
    const cloud = await servedCloud({ tokenChecks: true });
    expect((await cloud.ask('GET /v2.1')).body.version).toMatchObject({ id: 'v2.1', version: '2.1' });
    const login = { auth: { passwordCredentials: { username: 'owner', password: 'password' } } };
    const token = { 'X-Auth-Token': (await cloud.ask('POST /v2.0/tokens', login)).body.access.token.id };
    expect((await cloud.ask('GET /v2.1/829409/servers', undefined, token)).body).toEqual({ servers: [] });
    expect((await cloud.ask('GET /v2.1/servers', undefined, token)).body).toEqual({ servers: [] });
    expect((await cloud.ask('GET /v2.1/servers')).status).toBe(401);
  });

  it('puts a server on the networks that it names', async () => {
    const cloud = await servedCloud();
    const { network } = (await cloud.ask(`POST ${root}/os-networksv2`, { network: { label: 'back', cidr: '192.168.0.0/16' } })).body;
    const id = await active(cloud, { networks: [{ uuid: network.id }] });
    expect(Object.keys((await cloud.ask(`GET ${root}/servers/${id}`)).body.server.addresses)).toEqual(['back']);
  });
});
