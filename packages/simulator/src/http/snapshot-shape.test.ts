import { seconds } from '@lutra/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { good, mutated, server, there } from '../testing/odd-requests.ts';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';
import { serverRequest } from '../testing/small-cloud.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { routes } from './routes.ts';

afterEach(closeServedClouds);

const filledIn = (pattern: string): string => pattern.replace(/:(\w+)/g, (_, name: string) => there('there', name)) || '/';

/** A cloud that has been asked for one of everything. */
async function furnished(failed: (error: unknown) => void): Promise<ServedCloud> {
  const clock = new VirtualClock();
  const cloud = await servedCloud({ clock }, { time: { clock, jump: false }, failed });
  await cloud.ask('POST /v2/829409/servers', serverRequest());
  await cloud.ask('GET /v3/829409/load_balancer_pools');
  await cloud.pass(seconds(11));
  await cloud.ask(`POST /v2/829409/servers/${server}/action`, { createImage: { name: 'image' } });
  for (const { on } of routes.filter(({ on }) => on.startsWith('POST') && !/action|control|mimic|restart/.test(on))) {
    const body = good.find(([pattern]) => pattern.test(on))?.[1];
    await cloud.ask(filledIn(on), body);
    await cloud.pass(seconds(3));
  }
  await cloud.ask('POST /control/rules', { id: 'r', when: { op: 'server.list', times: 1 }, do: { fault: 'http.5xx' } });
  await cloud.ask('GET /v2/829409/servers');
  await cloud.ask('POST /v2/829409/servers', serverRequest('gone'));
  const { id } = (await cloud.ask('POST /v2/829409/servers', serverRequest('gone'))).body.server;
  await cloud.ask(`DELETE /v2/829409/servers/${id}`);
  await cloud.pass(seconds(6));
  await cloud.ask('POST /v2/829409/servers', serverRequest('building'));
  return cloud;
}

describe('PUT /control/snapshot', () => {
  it.each([
    [
      'tenants.0.compute.servers.0.request',
      (tenant) => ({ compute: { ...tenant.compute, servers: [{ ...tenant.compute.servers[0], request: -1e308 }] } }),
    ],
    ['tenants.0.feeds.0.1.0.entry.content', ({ feeds: [[feed, [event]]] }) => ({ feeds: [[feed, [{ ...event, entry: { title: 'a' } }]]] })],
    ['tenants.0.compute.quota', (tenant) => ({ compute: { ...tenant.compute, quota: null } })],
    [
      'tenants.0.loadBalancers.records.0.about.virtualIps',
      (tenant) => {
        const [record] = tenant.loadBalancers.records;
        return { loadBalancers: { ...tenant.loadBalancers, records: [{ ...record, about: { ...record.about, virtualIps: -1 } }] } };
      },
    ],
    // biome-ignore lint/suspicious/noExplicitAny: a snapshot that is spoilt on purpose
  ] satisfies [string, (tenant: any) => object][])('names %s, if that is wrong', async (path, spoil) => {
    const { ask } = await furnished(() => {});
    const { body, text } = await ask('GET /control/snapshot');
    const [tenant, ...others] = body.tenants;
    const came = await ask('PUT /control/snapshot', { ...body, tenants: [{ ...tenant, ...spoil(tenant) }, ...others] });
    expect(came).toMatchObject({ status: 400, body: { errors: [expect.stringContaining(` ${path}: must be `)] } });
    expect((await ask('GET /control/snapshot')).text).toBe(text);
  });

  it('lets no time pass for a snapshot that it refuses', async () => {
    const { ask } = await furnished(() => {});
    const { body, text } = await ask('GET /control/snapshot');
    const now = body.now + 60_000;
    for (const wrong of [{ version: 1 }, { pace: null }]) {
      expect((await ask('PUT /control/snapshot', { ...body, now, ...wrong })).status).toBe(400);
    }
    expect((await ask('GET /control/snapshot')).text).toBe(text);
  });

  it('names a criterion of a behaviour that is wrong', async () => {
    const { ask } = await furnished(() => {});
    const { body } = await ask('GET /control/snapshot');
    const registered = body.behaviours.registered.map((one: object) => ({ ...one, criteria: true }));
    const came = await ask('PUT /control/snapshot', { ...body, behaviours: { ...body.behaviours, registered } });
    expect(came).toMatchObject({ status: 400, body: { errors: [expect.stringContaining(' behaviours.registered.0.criteria: must be ')] } });
  });

  it('takes nothing that a later call fails on', { timeout: 60_000 }, async () => {
    const failures: unknown[] = [];
    const cloud = await furnished((error) => failures.push(error));
    const { body } = await cloud.ask('GET /control/snapshot');
    let size = 0;
    JSON.stringify(body, (_, value) => {
      size += 1;
      return value;
    });
    const odd = fc.constantFrom<unknown>(undefined, null, true, -1, -1e308, 1e308, 1.5, '', 'x', [], {}, [null], [[]]);
    const reads = routes.map(({ on }) => on).filter((on) => on.startsWith('GET'));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: size - 1 }), odd, async (at, value) => {
        failures.splice(0);
        const { status } = await cloud.ask('PUT /control/snapshot', mutated(body, at, value));
        expect([204, 400, 409]).toContain(status);
        if (status !== 204) return;
        // An answer of 500 may be what a rule or a behavior asks for; a fault of the cloud itself is told
        for (const on of reads) await cloud.ask(filledIn(on));
        await cloud.ask('POST /v2/829409/servers', serverRequest());
        await cloud.pass(seconds(60));
        expect(failures).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
