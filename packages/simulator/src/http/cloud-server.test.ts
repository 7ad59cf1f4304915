import { milliseconds, seededRandom } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { afterEach, describe, expect, it } from 'vitest';
import { type FaultRule, faultRuleSchema } from '../faults/fault-rule.ts';
import { cloudOver } from '../simulated-cloud.ts';
import { groupId, loadBalancerId, nodeRequest, patient, serverRequest, tenantId } from '../testing/small-cloud.ts';
import type { Pace } from '../world/pace.ts';
import { World } from '../world/world.ts';
import { type CloudServer, createCloudServer } from './cloud-server.ts';

const quick = { kind: 'fixed', duration: milliseconds(2) } as const;
const pace: Pace = { latency: quick, build: quick, delete: { kind: 'fixed', duration: milliseconds(30) }, lock: quick };
const open: CloudServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function served(...faults: object[]) {
  const rules = faults.map((rule): FaultRule => faultRuleSchema.parse(rule));
  const world = new World({ clock: nodeClock(), random: seededRandom(1), pace, faults: rules, tokenChecks: false });
  const server = await createCloudServer(world, { clock: nodeClock() });
  open.push(server);
  const base = `http://127.0.0.1:${server.port}`;
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(path.startsWith('http') ? path : base + path, { method });
    const text = await response.text();
    return { status: response.status, type: response.headers.get('content-type'), body: text === '' ? undefined : JSON.parse(text) };
  };
  return { world, cloud: cloudOver(world), base, ask, servers: `/v2/${tenantId}/servers` };
}

describe('createCloudServer', () => {
  it('pages through the servers of a tenant, newest first', async () => {
    const { cloud, ask, base, servers } = await served();
    const created: string[] = [];
    for (const name of ['a', 'b', 'c']) created.push((await cloud.createServer(tenantId, serverRequest(name), patient)).id);
    const first = await ask(`${servers}/detail?limit=2`);
    expect(first).toMatchObject({ status: 200, type: 'application/json' });
    const next = `${base}${servers}/detail?limit=2&marker=${created[1]}`;
    expect(first.body.servers_links).toEqual([{ rel: 'next', href: next }]);
    const second = await ask(next);
    expect(second.body.servers_links).toBeUndefined();
    expect([...first.body.servers, ...second.body.servers].map(({ id }) => id)).toEqual(created.toReversed());
    expect((await ask(`${servers}/detail`)).body.servers).toHaveLength(3);
  });

  it('shows a server as Nova does', async () => {
    const { cloud, ask, servers } = await served();
    const { id, links } = await cloud.createServer(tenantId, serverRequest(), patient);
    const { body } = await ask(`${servers}/${id}`);
    expect(body.server).toMatchObject({
      id,
      name: 'web-1',
      links,
      flavor: { id: 'performance1-1' },
      metadata: { 'rax:autoscale:group:id': groupId },
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(links).toEqual([expect.objectContaining({ rel: 'self' }), expect.objectContaining({ rel: 'bookmark' })]);
  });

  it('deletes a server for both faces: task_state deleting, then 404', async () => {
    const { cloud, ask, servers } = await served();
    const { id } = await cloud.createServer(tenantId, serverRequest(), patient);
    expect(await ask(`${servers}/${id}`, 'DELETE')).toEqual({ status: 204, type: null, body: undefined });
    expect((await ask(`${servers}/${id}`)).body.server['OS-EXT-STS:task_state']).toBe('deleting');
    let last = await ask(`${servers}/${id}`);
    for (let tries = 0; tries < 1000 && last.status === 200; tries += 1) last = await ask(`${servers}/${id}`);
    expect(last).toMatchObject({ status: 404, body: { itemNotFound: { code: 404 } } });
    expect((await ask(`${servers}/${id}`, 'DELETE')).status).toBe(404);
    expect(await cloud.getServer(tenantId, id, patient)).toBeUndefined();
  });

  it('lists the nodes of a load balancer', async () => {
    const { cloud, ask } = await served();
    await cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.0.0.1')], patient);
    const { body } = await ask(`/v1.0/${tenantId}/loadbalancers/${loadBalancerId}/nodes`);
    expect(body).toEqual({
      nodes: [{ id: 1, address: '10.0.0.1', port: 80, condition: 'ENABLED', status: 'ONLINE', type: 'PRIMARY', weight: 1 }],
    });
  });

  it('refuses with the bodies of the service in question', async () => {
    const { ask, servers } = await served();
    expect((await ask(`${servers}/none`)).body).toEqual({ itemNotFound: { message: 'Instance none could not be found.', code: 404 } });
    expect(await ask(`/v1.0/${tenantId}/loadbalancers/1/nodes`)).toMatchObject({
      status: 404,
      body: { message: expect.stringMatching(/^Load balancer not found/), code: 404 },
    });
    expect((await ask(`${servers}/detail?limit=-1`)).status).toBe(400);
    expect((await ask(`${servers}/detail?marker=none`)).body.badRequest.message).toBe('marker [none] not found');
    expect((await ask('/v2/elsewhere')).status).toBe(404);
    expect((await ask(`${servers}/detail`, 'PATCH')).status).toBe(404);
  });

  it('has the same faults as the cloud in process', async () => {
    const { cloud, ask, servers, world } = await served({ id: 'lost', when: { op: 'server.delete' }, do: { fault: 'response.lost' } });
    const { id } = await cloud.createServer(tenantId, serverRequest(), patient);
    await expect(ask(`${servers}/${id}`, 'DELETE')).rejects.toThrow();
    expect(world.tenant(tenantId).compute.servers.find(id)?.deleting ?? true).toBe(true);
    await expect(cloud.deleteServer(tenantId, id, patient)).rejects.toMatchObject({ kind: 'answer-lost' });
  });
});
