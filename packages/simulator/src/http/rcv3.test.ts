import { type JsonObject, type ServerId, seconds, type TenantId } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { cloudOver } from '../simulated-cloud.ts';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';
import { patient } from '../testing/small-cloud.ts';

afterEach(closeServedClouds);

const root = '/v3/829409/load_balancer_pools';
const other = '11111111-2222-4333-8444-555555555555';

/** The tenant's pool, and ACTIVE servers: two on its network, one not. */
async function furnished(cloud: ServedCloud) {
  const [pool] = (await cloud.ask(`GET ${root}`)).body;
  const [network] = (await cloud.ask('GET /v3/829409/cloud_networks')).body;
  const create = async (networks: JsonObject[]): Promise<string> => {
    const server = { name: 'web', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: '2', networks };
    return (await cloud.ask('POST /v2/829409/servers', { server })).body.server.id;
  };
  const servers = [await create([{ uuid: network.id }]), await create([{ uuid: network.id }]), await create([])];
  await cloud.pass(seconds(11));
  const pairs = (...ids: (string | undefined)[]) => ids.map((id) => ({ cloud_server: { id }, load_balancer_pool: { id: pool.id } }));
  return { pool, network, servers, pairs };
}

describe('RackConnect pools over HTTP', () => {
  it('are one for every tenant with RackConnect, with a network', async () => {
    const cloud = await servedCloud();
    const { pool, network } = await furnished(cloud);
    expect(pool).toMatchObject({ status: 'ACTIVE', node_counts: { cloud_servers: 0, external: 0, total: 0 } });
    expect((await cloud.ask(`GET ${root}/${pool.id.toUpperCase()}`)).body.id).toBe(pool.id);
    expect((await cloud.ask(`GET /v3/829409/cloud_networks/${network.id}`)).body).toEqual(network);
    const none = await servedCloud({
      identity: { autoCreate: true, tenants: { 829409: { services: ['rackconnect'] }, 5: { services: [] } }, users: [] },
    });
    expect((await none.ask('GET /v3/5/load_balancer_pools')).body).toEqual([]);
  });

  it('take servers in bulk, ADDING and then ACTIVE, and give them back', async () => {
    const cloud = await servedCloud();
    const { pool, servers, pairs } = await furnished(cloud);
    const added = await cloud.ask(`POST ${root}/nodes`, pairs(servers[0], servers[1]));
    expect([added.status, added.body.map(({ status }: JsonObject) => status)]).toEqual([201, ['ADDING', 'ADDING']]);
    await cloud.pass(seconds(2));
    const { body: nodes } = await cloud.ask(`GET ${root}/${pool.id}/nodes`);
    expect(nodes.map((node: JsonObject) => [node.cloud_server, node.status])).toEqual(servers.slice(0, 2).map((id) => [{ id }, 'ACTIVE']));
    expect((await cloud.ask(`GET ${root}/${pool.id}`)).body.node_counts.total).toBe(2);
    expect((await cloud.ask(`GET ${root}/${pool.id}/nodes/details`)).body[0].cloud_server).toMatchObject({ name: 'web' });
    expect((await cloud.ask(`DELETE ${root}/nodes`, pairs(servers[0]))).status).toBe(204);
    expect((await cloud.ask(`DELETE ${root}/${pool.id}/nodes/${nodes[1].id}`)).status).toBe(204);
    expect((await cloud.ask(`GET ${root}/${pool.id}/nodes`)).body[0].status).toBe('REMOVING');
    await cloud.pass(seconds(2));
    expect((await cloud.ask(`GET ${root}/${pool.id}/nodes`)).body).toEqual([]);
  });

  it('refuse all of a request that is wrong in part, with pool ids in capitals', async () => {
    const cloud = await servedCloud();
    const { pool, servers, pairs } = await furnished(cloud);
    await cloud.ask(`POST ${root}/nodes`, pairs(servers[0]));
    const capital = `Load Balancer Pool ${pool.id.toUpperCase()}`;
    const wrong = [
      ...pairs(servers[0], servers[1], servers[2], other),
      { cloud_server: { id: servers[1] }, load_balancer_pool: { id: other } },
    ];
    const { status, body } = await cloud.ask(`POST ${root}/nodes`, wrong);
    expect(status).toBe(409);
    expect(body.errors).toEqual([
      `Cloud Server ${servers[0]} is already a member of ${capital}`,
      `Cloud Server ${servers[2]} is unprocessable`,
      `Cloud Server ${other} does not exist`,
      `Load Balancer Pool ${other} does not exist`,
    ]);
    expect((await cloud.ask(`DELETE ${root}/nodes`, pairs(servers[1]))).body.errors).toEqual([
      `Cloud Server ${servers[1]} is not a member of ${capital}`,
    ]);
    cloud.world.tenant('829409' as never).pools.setStatus(pool.id, 'INACTIVE');
    expect((await cloud.ask(`POST ${root}/nodes`, pairs(servers[1]))).body.errors).toEqual([`${capital} is not in an ACTIVE state`]);
    expect((await cloud.ask(`POST ${root}/nodes`, [{ cloud_server: { id: 'x' }, load_balancer_pool: { id: pool.id } }])).body).toBe(
      'x is not a valid UUID.',
    );
  });

  it('keep the node of a server that is gone; while it is ADDING it cannot be removed', async () => {
    const cloud = await servedCloud();
    const { pool, servers, pairs } = await furnished(cloud);
    const [node] = (await cloud.ask(`POST ${root}/nodes`, pairs(servers[0]))).body;
    const server = cloud.world.tenant('829409' as never).compute.servers.find(servers[0] as never);
    if (server !== undefined) cloud.world.tenant('829409' as never).compute.vanish(server, 'outsider');
    expect((await cloud.ask(`DELETE ${root}/nodes`, pairs(servers[0]))).status).toBe(500);
    const single = await cloud.ask(`DELETE ${root}/${pool.id}/nodes/${node.id}`);
    expect([single.status, single.headers.get('content-type'), single.text]).toEqual([
      409,
      'text/plain',
      `Load Balancer Pool Node ${node.id} is not in an ACTIVE state`,
    ]);
    await cloud.pass(seconds(2));
    expect((await cloud.ask(`GET ${root}/${pool.id}/nodes`)).body).toHaveLength(1);
    expect((await cloud.ask(`DELETE ${root}/nodes`, pairs(servers[0]))).status).toBe(204);
  });

  it('count no member that has begun to leave', async () => {
    const cloud = await servedCloud();
    const { pool, servers, pairs } = await furnished(cloud);
    const counted = async () => (await cloud.ask(`GET ${root}/${pool.id}`)).body.node_counts.total;
    await cloud.ask(`POST ${root}/nodes`, pairs(servers[0], servers[1]));
    await cloud.pass(seconds(60));
    expect(await counted()).toBe(2);
    await cloud.ask(`DELETE ${root}/nodes`, pairs(servers[0]));
    expect(await counted()).toBe(1);
    expect((await cloud.ask(`GET ${root}/${pool.id}/nodes`)).body.map(({ status }: JsonObject) => status)).toEqual(['REMOVING', 'ACTIVE']);
  });

  it('take no server from the engine either that is not on their network', async () => {
    const cloud = await servedCloud();
    const { pool, servers } = await furnished(cloud);
    const add = (...ids: (string | undefined)[]) =>
      cloudOver(cloud.world).addPoolMembers(
        '829409' as TenantId,
        ids.map((id) => ({ poolId: pool.id, serverId: id as ServerId })),
        patient,
      );
    await expect(add(servers[0], servers[2])).rejects.toMatchObject({ kind: 'pool-not-ready' });
    expect((await cloud.ask(`GET ${root}/${pool.id}/nodes`)).body).toEqual([]);
    await add(servers[0]);
    expect((await cloud.ask(`GET ${root}/${pool.id}/nodes`)).body).toHaveLength(1);
  });
});

describe('Cloud Feeds over HTTP', () => {
  const entry = (id: string, message = 'Creating 2 servers.') => ({
    entry: { title: 'autoscale', content: { event: { id, product: { message } } } },
  });
  it('take an event once, and show the newest first', async () => {
    const { ask } = await servedCloud();
    const publish = 'POST /feeds/829409/autoscale/events';
    expect((await ask(publish, entry('a'))).status).toBe(201);
    expect((await ask(publish, entry('b'))).status).toBe(201);
    expect((await ask(publish, entry('a'))).status).toBe(409);
    expect((await ask(publish, entry('c', 'x'.repeat(256)))).status).toBe(400);
    expect((await ask(publish, {})).status).toBe(400);
    const { text } = await ask('GET /feeds/829409/autoscale/events');
    expect([...text.matchAll(/urn:uuid:(\w)/g)].map(([, id]) => id)).toEqual(['b', 'a']);
  });
});
