import { type JsonObject, milliseconds, seconds } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';

afterEach(closeServedClouds);

const all = '/v1.0/829409/loadbalancers';
const node = (address = '10.0.0.1', more: JsonObject = {}) => ({ address, port: 80, ...more });
/** An ACTIVE load balancer: its path. */
async function active(cloud: ServedCloud, more: JsonObject = {}): Promise<string> {
  const { body } = await cloud.ask(`POST ${all}`, { loadBalancer: { name: 'lb', protocol: 'HTTP', ...more } });
  await cloud.pass(seconds(3));
  return `${all}/${body.loadBalancer.id}`;
}
const unlocked = ({ pass }: ServedCloud) => pass(seconds(3));

describe('load balancers over HTTP', () => {
  it('are built, become ACTIVE, are changed and deleted', async () => {
    const cloud = await servedCloud();
    const made = await cloud.ask(`POST ${all}`, { loadBalancer: { name: 'lb', protocol: 'HTTPS', virtualIps: [{ type: 'SERVICENET' }] } });
    expect(made.status).toBe(202);
    expect(made.body.loadBalancer).toMatchObject({ status: 'BUILD', port: 443, algorithm: 'RANDOM', virtualIps: [{ type: 'SERVICENET' }] });
    expect(made.body.loadBalancer).not.toHaveProperty('nodes');
    const path = `${all}/${made.body.loadBalancer.id}`;
    expect((await cloud.ask(`PUT ${path}`, { loadBalancer: { name: 'x' } })).body.message).toContain("has a status of 'BUILD'");
    await unlocked(cloud);
    expect((await cloud.ask(`PUT ${path}.json`, { name: 'x' })).status).toBe(202);
    expect((await cloud.ask(`GET ${path}`)).body.loadBalancer).toMatchObject({ name: 'x', status: 'PENDING_UPDATE' });
    await unlocked(cloud);
    expect((await cloud.ask(`GET ${all}.json?nonsense=1`)).body.loadBalancers).toHaveLength(2);
    expect((await cloud.ask(`DELETE ${path}`)).status).toBe(202);
    expect((await cloud.ask(`DELETE ${path}`)).body.message).toMatch(/are immutable and could not be processed\.$/);
    await unlocked(cloud);
    expect((await cloud.ask(`DELETE ${path}`)).body.message).toMatch(/could not be found\.$/);
    expect((await cloud.ask(`GET ${path}/nodes`)).status).toBe(410);
    expect((await cloud.ask(`GET ${all}`)).body.loadBalancers).toHaveLength(1);
    await cloud.pass(seconds(3601));
    expect((await cloud.ask(`GET ${path}`)).status).toBe(404);
  });

  it('take an unwrapped body, with nodes whose id and type are null', async () => {
    const { ask } = await servedCloud();
    const body = { name: 'lb', protocol: 'HTTP', port: 8080, nodes: [node('10.0.0.1', { id: null, type: null, condition: 'enabled' })] };
    const { loadBalancer } = (await ask('POST /v2/829409/loadbalancers', body)).body;
    expect(loadBalancer.nodes).toEqual([{ id: 1, address: '10.0.0.1', port: 80, condition: 'ENABLED', status: 'ONLINE', type: 'PRIMARY' }]);
  });

  it('are shown as DELETED for an hour, and nothing below them is', async () => {
    const cloud = await servedCloud();
    const path = await active(cloud, { nodes: [node()] });
    await cloud.ask(`DELETE ${path}`);
    await unlocked(cloud);
    const { status, body } = await cloud.ask(`GET ${path}`);
    expect([status, body.loadBalancer.status, body.loadBalancer.nodes]).toEqual([200, 'DELETED', undefined]);
    for (const part of ['nodes', 'healthmonitor', 'metadata', 'virtualips', 'accesslist', 'stats'])
      expect({ part, status: (await cloud.ask(`GET ${path}/${part}`)).status }).toEqual({ part, status: 410 });
    await cloud.pass(seconds(3601));
    expect((await cloud.ask(`GET ${path}`)).status).toBe(404);
  });

  it('are listed from the marker on, itself included, and so are nodes', async () => {
    const cloud = await servedCloud();
    const path = await active(cloud, { nodes: ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => node(address)) });
    await active(cloud);
    const idsOf = async (call: string, what: string) => (await cloud.ask(`GET ${call}`)).body[what].map(({ id }: JsonObject) => id);
    const every = await idsOf(all, 'loadBalancers');
    expect(await idsOf(`${all}?marker=${every[1]}`, 'loadBalancers')).toEqual(every.slice(1));
    expect(await idsOf(`${all}?marker=${every[1]}&limit=1`, 'loadBalancers')).toEqual([every[1]]);
    expect(await idsOf(`${all}?offset=2`, 'loadBalancers')).toEqual(every.slice(2));
    expect(await idsOf(`${path}/nodes?marker=2`, 'nodes')).toEqual([2, 3]);
    expect(await idsOf(`${path}/nodes?marker=2&limit=1`, 'nodes')).toEqual([2]);
    expect(await idsOf(`${path}/nodes?limit=2&marker=none`, 'nodes')).toEqual([1, 2]);
    expect(await idsOf(`${path}/nodes?limit=1e9&offset=-1`, 'nodes')).toEqual([1, 2, 3]);
  });

  it('have ids above 0, and paths in which two slashes are one', async () => {
    const cloud = await servedCloud();
    const path = await active(cloud, { nodes: [node()] });
    for (const call of ['GET /0', 'PUT /0', 'DELETE /0', 'GET /0/nodes', 'DELETE /0/nodes?id=1', 'GET /0/healthmonitor'])
      expect({
        call,
        ...(await cloud.ask(call.replace(' ', ` ${all}`), call.startsWith('PUT') ? { name: 'a' } : undefined)),
      }).toMatchObject({
        call,
        status: 400,
        body: { message: 'Bad request: ids are greater than 0.' },
      });
    for (const call of [`GET ${path}/nodes/0`, `PUT ${path}/nodes/0`, `DELETE ${path}/nodes/0`])
      expect((await cloud.ask(call, call.startsWith('PUT') ? { weight: 1 } : undefined)).status).toBe(400);
    expect((await cloud.ask(`GET /${path.replace('/loadbalancers', '//loadbalancers')}//nodes/`)).body.nodes).toHaveLength(1);
  });

  it('are refused with everything that is wrong, and beyond 25', async () => {
    const { ask } = await servedCloud();
    const { status, body } = await ask(`POST ${all}`, { loadBalancer: { protocol: 'SMOKE', port: 0 } });
    expect([status, body.message, body.validationErrors.messages.length]).toEqual([400, 'Validation Failure', 3]);
    for (let n = 1; n < 25; n += 1) await ask(`POST ${all}`, { name: `lb-${n}`, protocol: 'HTTP' });
    expect((await ask(`POST ${all}`, { name: 'one too many', protocol: 'HTTP' })).status).toBe(413);
  });

  it('do what their metadata asks', async () => {
    const cloud = await servedCloud();
    const hooks = (...pairs: [string, string][]) => ({ metadata: pairs.map(([key, value]) => ({ key, value })) });
    const slow = await cloud.ask(`POST ${all}`, { name: 'a', protocol: 'HTTP', ...hooks(['lb_building', '30']) });
    const broken = await active(cloud, hooks(['lb_error_state', '']));
    expect((await cloud.ask(`GET ${all}/${slow.body.loadBalancer.id}`)).body.loadBalancer.status).toBe('BUILD');
    await cloud.ask(`POST ${broken}/nodes`, { nodes: [node()] });
    await cloud.pass(seconds(30));
    expect((await cloud.ask(`GET ${broken}`)).body.loadBalancer.status).toBe('ERROR');
    expect((await cloud.ask(`GET ${all}/${slow.body.loadBalancer.id}`)).body.loadBalancer.status).toBe('ACTIVE');
    const held = await active(cloud, hooks(['lb_pending_update', '20'], ['lb_pending_delete', '20']));
    await cloud.ask(`POST ${held}/nodes`, { nodes: [node()] });
    await cloud.pass(seconds(19));
    expect((await cloud.ask(`GET ${held}`)).body.loadBalancer.status).toBe('PENDING_UPDATE');
    await cloud.ask(`DELETE ${held}`);
    await cloud.pass(seconds(19));
    expect((await cloud.ask(`GET ${held}`)).body.loadBalancer.status).toBe('PENDING_DELETE');
  });
});

describe('nodes over HTTP', () => {
  it('are added, shown, changed in part, and removed one by one or in bulk', async () => {
    const cloud = await servedCloud();
    const path = `${await active(cloud)}/nodes`;
    const added = await cloud.ask(`POST ${path}`, {
      nodes: [node('10.0.0.1'), node('10.0.0.2', { weight: 5, type: 'SECONDARY' }), node('10.0.0.3')],
    });
    expect([added.status, added.body.nodes.map(({ id }: JsonObject) => id)]).toEqual([202, [1, 2, 3]]);
    expect((await cloud.ask(`POST ${path}`, { nodes: [node('10.0.0.9')] })).status).toBe(422);
    await unlocked(cloud);
    expect((await cloud.ask(`POST ${path}`, { nodes: [node('10.0.0.1')] })).body.message).toMatch(/^Duplicate nodes detected/);
    expect((await cloud.ask(`PUT ${path}/2`, { node: { condition: 'DRAINING' } })).status).toBe(202);
    expect((await cloud.ask(`GET ${path}/2`)).body.node).toEqual({
      ...{ id: 2, address: '10.0.0.2', port: 80, status: 'ONLINE' },
      ...{ condition: 'DRAINING', type: 'SECONDARY' },
    });
    await unlocked(cloud);
    expect((await cloud.ask(`PUT ${path}/2`, { node: { address: '10.0.0.7' } })).status).toBe(400);
    expect((await cloud.ask(`PUT ${path}/9`, { node: { weight: 2 } })).body.message).toMatch(
      /^Node with id #9 not found for loadbalancer #/,
    );
    expect((await cloud.ask(`DELETE ${path}/2`)).status).toBe(202);
    await unlocked(cloud);
    const unknown = await cloud.ask(`DELETE ${path}?id=1&id=2`);
    expect([unknown.status, unknown.body.validationErrors.messages]).toEqual([400, ['Node ids 2 are not a part of your loadbalancer']]);
    expect((await cloud.ask(`DELETE ${path}?id=1&id=3`)).status).toBe(202);
    expect((await cloud.ask(`GET ${path}`)).body).toEqual({ nodes: [] });
  });

  it('have weights where the algorithm goes by weight', async () => {
    const cloud = await servedCloud();
    const nodes = [node('10.0.0.1', { weight: 5 })];
    const path = await active(cloud, { nodes, algorithm: 'WEIGHTED_ROUND_ROBIN' });
    expect((await cloud.ask(`GET ${path}/nodes`)).body.nodes[0].weight).toBe(5);
    expect((await cloud.ask(`GET ${path}`)).body.loadBalancer.nodes[0].weight).toBe(5);
    await cloud.ask(`PUT ${path}`, { algorithm: 'ROUND_ROBIN' });
    expect((await cloud.ask(`GET ${path}/nodes`)).body.nodes[0]).not.toHaveProperty('weight');
    expect((await cloud.ask(`GET ${path}`)).body.loadBalancer.nodes[0]).not.toHaveProperty('weight');
    const record = cloud.world.tenants()[0]?.loadBalancers.all().at(-1);
    const [shown] =
      record === undefined ? [] : [...record.nodes.values()].map((one) => cloud.world.tenants()[0]?.loadBalancers.show(record, one));
    expect(shown?.weight).toBe(1); // what the engine sees
  });

  it('that are not there are told, also while their load balancer is locked', async () => {
    const cloud = await servedCloud();
    const path = await active(cloud, { nodes: [node()] });
    await cloud.ask(`POST ${path}/nodes`, { nodes: [node('10.0.0.2')] });
    expect((await cloud.ask(`PUT ${path}/nodes/9`, { condition: 'DRAINING' })).status).toBe(404);
    expect((await cloud.ask(`DELETE ${path}/nodes/9`)).status).toBe(404);
    expect((await cloud.ask(`PUT ${path}/nodes/1`, { condition: 'DRAINING' })).status).toBe(422);
    expect((await cloud.ask(`DELETE ${path}/nodes/1`)).status).toBe(422);
  });

  it('beyond 25 are refused, and so is half of one', async () => {
    const cloud = await servedCloud();
    const path = `POST ${await active(cloud)}/nodes`;
    const nodes = Array.from({ length: 26 }, (_, n) => node(`10.0.1.${n}`));
    expect((await cloud.ask(path, { nodes })).body).toEqual({ message: 'Nodes must not exceed 25 per load balancer.', code: 413 });
    expect((await cloud.ask(path, { nodes: [{ address: '10.0.0.1' }] })).status).toBe(400);
    expect((await cloud.ask(path, 'nodes')).status).toBe(400);
  });
});

describe('health monitors over HTTP', () => {
  it('are set, shown and deleted, each a write that locks', async () => {
    const cloud = await servedCloud();
    const lb = await active(cloud);
    const monitor = { type: 'CONNECT', delay: 5, timeout: 5, attemptsBeforeDeactivation: 2 };
    expect((await cloud.ask(`GET ${lb}/healthmonitor`)).body).toEqual({ healthMonitor: {} });
    expect((await cloud.ask(`PUT ${lb}/healthmonitor`, { healthMonitor: { type: 'GUESS' } })).status).toBe(400);
    expect((await cloud.ask(`PUT ${lb}/healthmonitor`, { healthMonitor: monitor })).status).toBe(202);
    expect((await cloud.ask(`DELETE ${lb}/healthmonitor`)).status).toBe(422);
    expect((await cloud.ask(`GET ${lb}/healthmonitor`)).body).toEqual({ healthMonitor: monitor });
    await unlocked(cloud);
    expect((await cloud.ask(`DELETE ${lb}/healthmonitor`)).status).toBe(202);
    expect((await cloud.ask(`GET ${lb}/healthmonitor`)).body).toEqual({ healthMonitor: {} });
  });
});

describe('feeds of load balancers', () => {
  const draining =
    /<summary>Node successfully updated with address: '10\.0\.0\.1', port: '80', weight: '1', condition: 'DRAINING'<\/summary>/;
  it("tell newest first what happened to a node, in CLB's words", async () => {
    const cloud = await servedCloud();
    const lb = await active(cloud);
    await cloud.ask(`POST ${lb}/nodes`, { nodes: [node(), node('10.0.0.2')] });
    await unlocked(cloud);
    await cloud.ask(`PUT ${lb}/nodes/1`, { node: { condition: 'DRAINING' } });
    const { text, headers } = await cloud.ask(`GET ${lb}/nodes/1.atom`);
    expect(headers.get('content-type')).toBe('application/atom+xml');
    expect(text).toMatch(draining);
    expect(text.search(draining)).toBeLessThan(text.indexOf("condition: 'ENABLED', weight: '1'"));
    const entries = async (path: string) => (await cloud.ask(`GET ${path}`)).text.split('<entry>').length - 1;
    expect([await entries(`${lb}/nodes/1.atom`), await entries(`${lb}/nodes.atom`), await entries(`${lb}.atom`)]).toEqual([2, 3, 4]);
  });

  it('lag where the pace says so', async () => {
    const { ask, pass } = await servedCloud();
    await ask('PUT /control/pace', { feedLag: { kind: 'uniform', least: '2s', most: '5s' } });
    await ask('POST /v1.0/829409/loadbalancers/237935/nodes', { nodes: [{ address: '10.0.0.1', port: 80 }] });
    const entries = async (): Promise<number> =>
      (await ask('GET /v1.0/829409/loadbalancers/237935/nodes.atom')).text.split('<entry>').length - 1;
    await pass(milliseconds(1999));
    expect(await entries()).toBe(0);
    await pass(milliseconds(3001));
    expect(await entries()).toBe(1);
  });

  it('have pages, and errors in XML', async () => {
    const cloud = await servedCloud();
    const lb = await active(cloud);
    await cloud.ask(`POST ${lb}/nodes`, { nodes: [node()] });
    for (let n = 0; n < 120; n += 1) {
      await unlocked(cloud);
      await cloud.ask(`PUT ${lb}/nodes/1`, { node: { weight: (n % 100) + 1 } });
    }
    const first = (await cloud.ask(`GET ${lb}/nodes/1.atom`)).text;
    const next = /<link rel="next" href="([^"]+)"/.exec(first)?.[1] ?? '';
    const second = (await cloud.ask(`GET ${next}`)).text;
    expect(first.split('<entry>').length + second.split('<entry>').length - 2).toBe(121);
    expect(second).not.toContain('rel="next"');
    const missing = await cloud.ask(`GET ${lb}/nodes/9.atom`);
    expect([missing.status, missing.text]).toEqual([404, expect.stringMatching(/^<itemNotFound .*<message>Node not found<\/message>/)]);
  });
});
