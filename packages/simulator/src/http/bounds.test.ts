import { milliseconds, type TenantId } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { closeServedClouds, promptPace, servedCloud } from '../testing/served-cloud.ts';
import { serverRequest } from '../testing/small-cloud.ts';
import { mostTenants } from '../world/world.ts';

afterEach(closeServedClouds);

const nova = '/v2/829409';
const clb = '/v1.0/829409/loadbalancers';
const login = (username: string, more: object = {}) => ({ auth: { passwordCredentials: { username, password: 'x' }, ...more } });

describe('what callers can make a served cloud keep', () => {
  it('is no tenant that somebody without its token names', async () => {
    const { ask, world } = await servedCloud({ tokenChecks: true });
    const before = world.tenants().length;
    for (const path of ['/v2/a/servers', '/v1.0/b/loadbalancers', '/v3/c/load_balancer_pools', '/image/v2/d/images', '/feeds/e/f/events'])
      expect({ path, status: (await ask(`GET ${path}`)).status }).toEqual({ path, status: 401 });
    expect((await ask('GET /v1.1/mosso/g')).status).toBe(401);
    expect((await ask('PUT /v1.0/h/loadbalancers/1/nodes/1/status', { status: 'ONLINE' })).status).toBe(404);
    expect(world.tenants().map(({ id }) => id)).toEqual(expect.not.arrayContaining(['a', 'b', 'c', 'd', 'e', 'g', 'h']));
    expect(world.tenants().length).toBeLessThanOrEqual(before + 1); // that of nobody
  });

  it('is only so many tenants and users', async () => {
    const { ask, world } = await servedCloud();
    for (let n = 0; n <= mostTenants; n += 1) world.tenant(`t${n}` as TenantId);
    expect([(await ask('GET /v2/one-more/servers')).status, (await ask('GET /v2/t1/servers')).status]).toEqual([413, 200]);
    expect((await ask('PUT /control/tenants/one-more/quota', {})).status).toBe(413);
    expect((await ask(`POST /v2.0/tokens`, login('n'.repeat(256)))).status).toBe(401);
    expect((await ask(`POST /v2.0/tokens`, login('ann', { tenantId: 't1' }))).status).toBe(200);
    for (let n = 0; n < 10_000; n += 1) world.identity.create(`u${n}`, 't1' as TenantId);
    expect((await ask(`POST /v2.0/tokens`, login('ben', { tenantId: 't1' }))).status).toBe(401);
    expect((await ask(`GET /v1.1/mosso/t2`)).status).toBe(404);
  });

  it('is short in counters and in the journal', async () => {
    const { ask, world } = await servedCloud();
    await ask(`POST ${nova}/servers`, serverRequest('n'.repeat(100_000), { imageRef: 'i'.repeat(100_000) }));
    await ask(`GET ${nova}/servers/${'s'.repeat(10_000)}`);
    expect(Math.max(...world.snapshot().counts.map(([key]) => key.length))).toBeLessThan(300);
    const lines = (await ask('GET /control/journal')).text.trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(5000);
    expect(lines.some((line) => line.includes('left out: '))).toBe(true);
  });

  it('is bounded in rules, load balancers, feeds and texts', async () => {
    const { ask, world, pass } = await servedCloud({ pace: { ...promptPace, lock: { kind: 'fixed', duration: milliseconds(1) } } });
    const rule = (id: number) => ({ id: `r${id}`, do: { fault: 'http.5xx' }, when: { op: 'image.list' } });
    expect(
      (
        await ask(
          'POST /control/rules',
          Array.from({ length: 1000 }, (_, n) => rule(n)),
        )
      ).status,
    ).toBe(201);
    expect((await ask('POST /control/rules', rule(1000))).status).toBe(409);
    await ask('DELETE /control/rules/r0');
    expect((await ask('POST /control/rules', { ...rule(0), seed_salt: 'x'.repeat(70_000) })).status).toBe(400);
    world.faults.restore({ start: world.now(), rules: [] });
    for (let n = 0; n < 520; n += 1) {
      const { body } = await ask(`POST ${clb}`, { name: 'lb', protocol: 'HTTP' });
      await pass(milliseconds(2));
      expect((await ask(`DELETE ${clb}/${body.loadBalancer.id}`)).status).toBe(202);
    }
    expect(world.tenant('829409' as TenantId).loadBalancers.snapshot().records.length).toBeLessThanOrEqual(500);
    const event = (feed: number, title = '') =>
      ask(`POST /feeds/829409/f${feed}/events`, { entry: { title, content: { event: { id: `${feed}` } } } });
    expect((await event(0, 'x'.repeat(10_000))).status).toBe(400);
    for (let feed = 0; feed < 20; feed += 1) expect((await event(feed)).status).toBe(201);
    expect((await event(20)).status).toBe(400);
    const long = 'x'.repeat(20_000);
    for (const [call, body] of [
      [`POST ${nova}/os-keypairs`, { keypair: { name: 'a', public_key: long } }],
      [`POST ${nova}/os-networksv2`, { network: { label: long, cidr: 'x' } }],
      [`POST ${clb}`, { name: 'a', metadata: [{ key: 'a', value: long }] }],
      [`POST ${clb}`, { name: 'a', algorithm: long }],
      [`POST ${clb}`, { name: 'a', virtualIps: [{ type: long }] }],
      [`POST ${clb}`, { name: 'a', nodes: [{ address: long, port: 80 }] }],
      [`PUT ${clb}/237935`, { name: long }],
      [`PUT ${clb}/237935/healthmonitor`, { type: 'CONNECT', path: long }],
      [`POST ${nova}/behaviors/creation`, { name: 'fail', parameters: { message: long } }],
    ] as const)
      expect({ call, body: JSON.stringify(body).slice(0, 60), status: (await ask(call, body)).status }).toMatchObject({ status: 400 });
    expect((await ask(`POST ${nova}/servers`, serverRequest('a', { user_data: 'x'.repeat(2 ** 19) }))).status).toBe(413);
  });
});
