import { seconds } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { parseIdentity } from '../identity/identity-data.ts';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';
import { VirtualClock } from '../virtual-clock.ts';

afterEach(closeServedClouds);

const servers = '/v2/829409/servers';
const lb = '/v1.0/829409/loadbalancers/237935';
const create = ({ ask }: ServedCloud, name = 'web') =>
  ask(`POST ${servers}`, { server: { name, imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: '2' } });
const statusOf = async ({ ask }: ServedCloud, id: string) => (await ask(`GET ${servers}/${id}`)).body.server?.status ?? 'gone';
const login = (username: string, tenantId?: string) => ({ auth: { passwordCredentials: { username, password: 'password' }, tenantId } });

/** A cloud whose clock can be moved over HTTP. */
async function movable(): Promise<ServedCloud> {
  const clock = new VirtualClock();
  return servedCloud({ clock }, { time: { clock, jump: false } });
}
/** Another cloud that goes on from the first, its links apart. */
async function goneOnFrom(first: ServedCloud): Promise<ServedCloud> {
  const second = await movable();
  const { text } = await first.ask('GET /control/snapshot');
  expect((await second.ask('PUT /control/snapshot', text)).status).toBe(204);
  return second;
}

describe('/control/snapshot', () => {
  it('gives the whole world, which another cloud then goes on from', async () => {
    const first = await servedCloud();
    const { id } = (await create(first)).body.server;
    await first.ask(`POST ${lb}/nodes`, { nodes: [{ address: '10.0.0.1', port: 80 }] });
    const login = { auth: { passwordCredentials: { username: 'owner', password: 'password' } } };
    const token = (await first.ask('POST /v2.0/tokens', login)).body.access.token.id;
    await first.pass(seconds(4));
    const { text } = await first.ask('GET /control/snapshot');
    const clock = new VirtualClock();
    const second = await servedCloud({ clock }, { time: { clock, jump: false } });
    await create(second, 'forgotten');
    expect((await second.ask('PUT /control/snapshot', text)).status).toBe(204);
    const bare = (json: string) => JSON.parse(json.replaceAll(first.base, '').replaceAll(second.base, ''));
    expect(bare((await second.ask('GET /control/snapshot')).text)).toEqual(bare(text));
    const look = async ({ ask }: ServedCloud) =>
      (
        await Promise.all(
          [`${servers}/detail`, `${lb}/nodes`, `${lb}/nodes.atom`, `/v2.0/tokens/${token}`].map((path) => ask(`GET ${path}`)),
        )
      ).map((came) => came.text.replaceAll(first.base, '').replaceAll(second.base, ''));
    expect(await look(second)).toEqual(await look(first));
    await first.pass(seconds(7));
    await second.ask('POST /control/time', { advance: '7s' });
    expect(await statusOf(second, id)).toBe('ACTIVE');
    const [one, other] = [(await create(first)).body.server, (await create(second)).body.server];
    expect([one.id, one.adminPass]).toEqual([other.id, other.adminPass]);
    expect(await look(second)).toEqual(await look(first));
  });

  it('has the fault rules with what they counted, and the behaviors with whose turn it is', async () => {
    const first = await servedCloud();
    const rule = { id: 'thrice', when: { op: 'server.get', skip: 1, times: 3, until: 60 }, do: { fault: 'http.5xx' } };
    const limit = { id: 'limit', when: { op: 'flavor.list' }, do: { fault: 'ratelimit', params: { calls: 2 } } };
    const turns = { sequence: [{ fault: 'none' }, { fault: 'none' }, { fault: 'http.5xx' }] };
    await first.ask('POST /control/rules', [rule, limit, { id: 'turns', when: { op: 'image.list' }, do: turns }]);
    const parameters = { behaviors: [{ name: 'default' }, { name: 'default' }, { name: 'fail' }] };
    await first.ask('POST /v2/829409/behaviors/creation', { name: 'sequence', parameters });
    const calls = async ({ ask }: ServedCloud, count: number): Promise<readonly (readonly number[])[]> => {
      const came: number[][] = [];
      for (let n = 0; n < count; n += 1) {
        const paths = [`GET ${servers}/x`, 'GET /v2/829409/flavors', 'GET /v2/829409/images'];
        const statuses: number[] = [];
        for (const path of paths) statuses.push((await ask(path)).status);
        came.push([...statuses, (await create({ ask } as ServedCloud)).status]);
      }
      return came;
    };
    expect(await calls(first, 1)).toEqual([[404, 200, 200, 202]]);
    await first.pass(seconds(20));
    const second = await goneOnFrom(first);
    const expected = [
      [500, 200, 200, 202],
      [500, 413, 500, 500],
      [500, 413, 200, 202],
      [404, 413, 200, 202],
    ];
    expect(await calls(second, 4)).toEqual(expected);
    expect(await calls(first, 4)).toEqual(expected);
    expect((await second.ask('GET /control/rules')).body).toEqual((await first.ask('GET /control/rules')).body);
    await second.ask('POST /control/rules', { ...rule, id: 'later', when: { op: 'server.get', from: 25 } });
    expect((await second.ask(`GET ${servers}/x`)).status).toBe(404);
    await second.ask('POST /control/time', { advance: '5s' });
    expect((await second.ask(`GET ${servers}/x`)).status).toBe(500);
  });

  it('has who there is, what his catalog has, and whether anybody asks', async () => {
    const identity = parseIdentity(
      '{ autoCreate: false, tenants: { 7: { services: [rackconnect] } }, users: [{ name: ann, password: password, tenant: 7 }] }',
    );
    const first = await servedCloud({ identity, tokenChecks: true });
    const second = await goneOnFrom(first);
    expect((await second.ask('POST /v2.0/tokens', login('owner'))).status).toBe(401);
    const { access } = (await second.ask('POST /v2.0/tokens', login('ann'))).body;
    expect(access.serviceCatalog.map(({ name }: { name: string }) => name)).toEqual(['rackconnect']);
    expect((await second.ask(`GET ${servers}`)).status).toBe(401);
  });

  it('has what went a while ago, and ends what was being deleted', async () => {
    const first = await servedCloud();
    const { id } = (await create(first)).body.server;
    await first.ask(`POST ${lb}/nodes`, { nodes: [{ address: '10.0.0.1', port: 80 }] });
    await first.pass(seconds(11));
    await first.ask(`DELETE ${servers}/${id}`);
    await first.pass(seconds(6));
    await first.ask(`DELETE ${lb}`);
    const { text } = await first.ask('GET /control/snapshot');
    const second = await movable();
    await second.ask('POST /control/time', { advance: '1m' });
    expect((await second.ask('PUT /control/snapshot', text)).status).toBe(204);
    await second.ask('POST /control/time', { advance: '1s' });
    const since = `GET ${servers}/detail?changes-since=2026-01-01T00:00:00Z`;
    expect((await second.ask(since)).body.servers).toMatchObject([{ id, status: 'DELETED' }]);
    expect((await second.ask(`GET ${lb}`)).body.loadBalancer.status).toBe('DELETED');
    expect((await second.ask('GET /control/snapshot')).body.tenants[0].loadBalancers.records[0].nodes).toEqual([]);
  });

  it('changes nothing when it is none', async () => {
    const cloud = await servedCloud();
    const { id } = (await create(cloud)).body.server;
    const { text, body } = await cloud.ask('GET /control/snapshot');
    const rules = [{ rule: { id: 'a', do: { fault: 'unheard of' } }, counts: [], memories: [] }];
    for (const wrong of [
      {},
      'no JSON',
      { ...body, version: 1 },
      { ...body, tenants: [...body.tenants, { id: '9' }] },
      { ...body, identity: {} },
      { ...body, faults: { ...body.faults, rules } },
      { ...body, pace: null },
      { ...body, pace: { ...body.pace, latency: { kind: 'fixed', duration: -1 } } },
      { ...body, identity: { ...body.identity, users: body.identity.users.map((user: object) => ({ ...user, roles: null })) } },
      { ...body, identity: { ...body.identity, tokens: [null] } },
    ]) {
      expect(await cloud.ask('PUT /control/snapshot', wrong)).toMatchObject({ status: 400, body: { errors: [expect.any(String)] } });
    }
    expect((await cloud.ask('GET /control/snapshot')).text).toBe(text);
    await cloud.pass(seconds(11));
    expect(await statusOf(cloud, id)).toBe('ACTIVE');
  });
});
