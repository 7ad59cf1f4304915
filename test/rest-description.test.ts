/** The API's description against the router, and against what it is to hold. */
import { seededRandom } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { createMetrics, createRestApp, listen } from '@lutra/rest';
import { describe, expect, it } from 'vitest';
import { bodyUnlikeDescribed, compileAll, unlikeDescribed } from './api-description.ts';
import { groupConfiguration, type Json, policy, server, startRestApi } from './rest-client.ts';

const clock = nodeClock();
const app = createRestApp({
  autoscaler: {} as never,
  clock,
  random: seededRandom(1),
  urlRoot: 'https://autoscale.example/',
  metrics: createMetrics(clock),
});

describe('/openapi.json', () => {
  it('describes every route of the router, and no other', async () => {
    const host = await listen(app, { clock, random: seededRandom(2), port: 0, host: '127.0.0.1' });
    const res = await fetch(`http://127.0.0.1:${host.port}/openapi.json`);
    const api: Json = await res.json();
    await host.close();
    const routed = app.locals.resources.flatMap(({ path, methods }: { path: string; methods: string[] }) =>
      methods.map((method) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
    );
    const described = Object.entries<Json>(api.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual(routed.sort());
    expect([api.openapi, api.servers]).toEqual(['3.1.0', [{ url: 'https://autoscale.example' }]]);
    const ids = Object.values<Json>(api.paths).flatMap((methods) => Object.values<Json>(methods).map(({ operationId }) => operationId));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has for every operation below a tenant the errors that any of them can have, and for every body the ways to be wrong', async () => {
    const api = await startRestApi();
    const { body } = await api.send('GET', '/openapi.json');
    await api.close();
    for (const [path, methods] of Object.entries<Json>(body.paths)) {
      for (const operation of Object.values<Json>(methods)) {
        const statuses = Object.keys(operation.responses);
        const counted = path.startsWith('/admin/') ? [] : ['413'];
        if (operation.security.length > 0)
          expect([path, statuses]).toEqual([path, expect.arrayContaining(['401', '403', ...counted, '500', '503'])]);
        if (operation.requestBody !== undefined)
          expect([path, statuses]).toEqual([
            path,
            expect.arrayContaining(['400', '404', '415'].filter((status) => status !== '404' || path.includes('{groupId}'))),
          ]);
      }
    }
  });

  it('has schemas that compile, with references that lead somewhere', () => {
    expect(compileAll).not.toThrow();
  });
});

describe('unlikeDescribed', () => {
  it('sees a status, a type, a key and a value that are not described', () => {
    const wrong = (status: number, text: string, type = 'application/json') =>
      unlikeDescribed('GET', '/v1.0/T/groups/?limit=1', status, type, text);
    expect(wrong(200, '{"groups":[],"groups_links":[]}')).toBeUndefined();
    expect(wrong(200, '{"groups":[],"groups_links":[],"more":1}')).toContain('additional properties');
    expect(wrong(200, '{"groups":[{}],"groups_links":[]}')).toContain("required property 'id'");
    expect(wrong(204, '')).toContain('not described to answer 204');
    expect(wrong(200, '{}', 'text/html')).toContain('text/html');
    const refusal = (type: string, code = 400) => JSON.stringify({ error: { type, code, message: '', details: '' } });
    expect(wrong(400, refusal('InvalidQueryArgument'))).toBeUndefined();
    expect(wrong(400, refusal('InvalidQueryArgument', 404))).toContain('code must be equal to constant');
    expect(wrong(400, refusal('ValidationError'))).toContain('type must be equal to one of the allowed values');
  });
});

describe('bodyUnlikeDescribed', () => {
  const { name, cooldown, minEntities } = groupConfiguration;
  const launch = (server: object) => ({ type: 'launch_server', args: { server } });
  const { flavorRef, imageRef } = server;
  const night = { name: 'night', type: 'schedule', cooldown: 0, change: 1 };
  it.each<[string, unknown]>([
    ['config', { name, cooldown, minEntities, metadata: {} }],
    ['config', { ...groupConfiguration, maxEntities: null }],
    ['config', { ...groupConfiguration, cooldown: 1.5 }],
    ['launch', launch({ imageRef })],
    ['launch', launch({ flavorRef })],
    ['launch', launch({ flavorRef, imageRef: ' ', block_device_mapping: [] })],
    ['launch', launch({ flavorRef, block_device_mapping: ['a'] })],
    ['launch', launch({ flavorRef, imageRef, personality: [{ path: '' }] })],
    ['policies/P', { ...policy, args: { cron: '* * * * *' } }],
    ['policies/P', { ...policy, changePercent: 1 }],
    ['policies/P', night],
    ['policies/P', { ...night, args: {} }],
    ['policies/P', { ...night, args: { at: '2099-01-01T00:00Z' } }],
    ['policies/P', { ...night, args: { at: '2099-01-01T00:00:00Z', cron: '* * * * *' } }],
    ['policies/P/webhooks/W', { name: 'a', metadata: { 'a\nb': '' } }],
  ])('sees that %s is not described to take %j, which is refused, too', async (path, body) => {
    expect(bodyUnlikeDescribed('PUT', `/v1.0/T/groups/G/${path}`, JSON.stringify(body))).toContain('not described');
    const api = await startRestApi();
    expect((await api.send('PUT', `/v1.0/T/groups/G/${path}`, body)).status).toBe(400);
    await api.close();
  });
});

describe('/docs', () => {
  it('is a page that loads nothing from elsewhere', async () => {
    const host = await listen(app, { clock, random: seededRandom(2), port: 0, host: '127.0.0.1' });
    const res = await fetch(`http://127.0.0.1:${host.port}/docs/`);
    const page = await res.text();
    await host.close();
    expect([res.status, res.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page).not.toMatch(/https?:\/\/|src=|@import/);
    expect(res.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});
