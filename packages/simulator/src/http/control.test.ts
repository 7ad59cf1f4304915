import { between, type JsonObject, seconds } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';
import { VirtualClock } from '../virtual-clock.ts';

afterEach(closeServedClouds);

const servers = '/v2/829409/servers';
const lb = '/v1.0/829409/loadbalancers/237935';
const create = ({ ask }: ServedCloud, name = 'web', metadata: JsonObject = {}) =>
  ask(`POST ${servers}`, { server: { name, imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: '2', metadata } });
const statusOf = async ({ ask }: ServedCloud, id: string) => (await ask(`GET ${servers}/${id}`)).body.server?.status ?? 'gone';

describe('/control', () => {
  it('adds, lists and removes fault rules, with how often each was met', async () => {
    const cloud = await servedCloud();
    const rule = { id: 'down', when: { op: 'server.list' }, do: { fault: 'http.5xx', params: { code: 503 } } };
    expect((await cloud.ask('POST /control/rules', [rule])).body).toEqual({ added: ['down'] });
    expect((await cloud.ask('POST /control/rules', rule)).status).toBe(409);
    expect((await cloud.ask('POST /control/rules', { id: 'x', do: { fault: 'nothing' } })).body.errors[0]).toContain(
      'no fault is called nothing',
    );
    expect((await cloud.ask(`GET ${servers}`)).status).toBe(503);
    expect((await cloud.ask('GET /control/rules')).body.rules).toEqual([{ rule, matched: 1, hits: 1 }]);
    expect((await cloud.ask('DELETE /control/rules/down')).status).toBe(204);
    expect((await cloud.ask('DELETE /control/rules/down')).status).toBe(404);
    expect((await cloud.ask(`GET ${servers}`)).status).toBe(200);
  });

  it('changes the pace of everything that begins from then on', async () => {
    const cloud = await servedCloud();
    expect((await cloud.ask('PUT /control/pace', { build: '2s', lock: { kind: 'uniform', least: '1s', most: '2s' } })).status).toBe(200);
    const { id } = (await create(cloud)).body.server;
    await cloud.pass(seconds(3));
    expect(await statusOf(cloud, id)).toBe('ACTIVE');
    expect((await cloud.ask('PUT /control/pace', { build: 'soon' })).status).toBe(400);
    expect((await cloud.ask('PUT /control/pace', { preset: 'realistic', latency: 0 })).body).toMatchObject({ latency: { kind: 'none' } });
    expect((await cloud.ask('GET /control/pace')).body.build.kind).toBe('lognormal');
  });

  it('refuses a span that ends before it begins', async () => {
    const { ask } = await servedCloud();
    const bounds = { least: '2s', most: '1s' };
    for (const build of [
      { kind: 'uniform', ...bounds },
      { kind: 'lognormal', median: '1s', sigma: 1, ...bounds },
    ]) {
      expect((await ask('PUT /control/pace', { build })).status).toBe(400);
    }
  });

  it('lets no preset keep answers from who moves the clock himself', async () => {
    const clock = new VirtualClock();
    const cloud = await servedCloud({ clock }, { time: { clock, jump: false } });
    expect((await cloud.ask('PUT /control/pace', { preset: 'realistic' })).body.latency).toEqual({ kind: 'none' });
    expect((await create(cloud)).status).toBe(202);
    expect((await cloud.ask('PUT /control/pace', { preset: 'demo', latency: '1s' })).body.latency).toMatchObject({ duration: 1000 });
  });

  it('moves the clock, where it is none of the machine', async () => {
    const clock = new VirtualClock();
    const cloud = await servedCloud({ clock }, { time: { clock, jump: false } });
    const { id } = (await create(cloud)).body.server;
    expect((await cloud.ask('POST /mimic/v1.1/tick', { amount: 9 })).body).toEqual({ advanced: 9, now: '2026-01-01T00:00:09Z' });
    expect(await statusOf(cloud, id)).toBe('BUILD');
    expect((await cloud.ask('POST /control/time', { advance: '2s' })).body).toEqual({ now: '2026-01-01T00:00:11Z', mode: 'manual' });
    expect(await statusOf(cloud, id)).toBe('ACTIVE');
    expect((await cloud.ask('POST /control/time', { mode: 'jump' })).body.mode).toBe('jump');
    const next = (await create(cloud)).body.server.id;
    let last = await statusOf(cloud, next);
    for (let tries = 0; tries < 1000 && last === 'BUILD'; tries += 1) last = await statusOf(cloud, next);
    expect(last).toBe('ACTIVE');
    const real = await servedCloud();
    expect([(await real.ask('POST /mimic/v1.1/tick', { amount: 1 })).status, (await real.ask('POST /control/time', {})).status]).toEqual([
      409, 409,
    ]);
  });

  it('answers a lone call that takes time, where time jumps', async () => {
    const clock = new VirtualClock();
    const cloud = await servedCloud({ clock }, { time: { clock, jump: true } });
    const start = clock.now();
    await cloud.ask('PUT /control/pace', { latency: '1s' });
    expect((await create(cloud)).body.server.id).toEqual(expect.any(String));
    await cloud.ask('PUT /control/pace', { latency: 0 });
    const slow = { id: 'slow', when: { op: 'flavor.list' }, do: { fault: 'latency', params: { by: '1h' } } };
    expect((await cloud.ask('POST /control/rules', slow)).status).toBe(201);
    expect((await cloud.ask('GET /v2/829409/flavors')).status).toBe(200);
    expect(between(start, clock.now())).toBeGreaterThanOrEqual(3_601_000);
  });

  it('answers a call before time jumps, if the call takes none', async () => {
    const clock = new VirtualClock();
    const cloud = await servedCloud({ clock }, { time: { clock, jump: true } });
    const answered: number[] = [];
    cloud.world.events$.subscribe((event) => event.kind === 'answered' && answered.push(event.at));
    const start = clock.now();
    expect((await create(cloud)).status).toBe(202);
    expect(answered).toEqual([start]);
  });

  it('sets quotas and token checks, and shows what there is', async () => {
    const cloud = await servedCloud();
    expect((await cloud.ask('PUT /control/tenants/829409/quota', { instances: 1 })).status).toBe(204);
    expect([(await create(cloud)).status, (await create(cloud)).body.forbidden.message]).toEqual([
      202,
      'Quota exceeded for instances: Requested 1, but already used 1 of 1 instances',
    ]);
    expect((await cloud.ask('GET /control/state')).body.tenants[0]).toMatchObject({ id: '829409', servers: 1, used: { ram: 512 } });
    expect((await cloud.ask('PUT /control/auth', { checks: true })).status).toBe(204);
    expect((await cloud.ask(`GET ${servers}`)).status).toBe(401);
  });

  it('tells the last calls and what came of them, a page at a time, and forgets the oldest', async () => {
    const cloud = await servedCloud({}, { journal: 4 });
    const journal = async (query = '') => {
      const { text, headers } = await cloud.ask(`GET /control/journal${query}`);
      const entries =
        text === ''
          ? []
          : text
              .trimEnd()
              .split('\n')
              .map((line) => JSON.parse(line));
      return { entries, written: headers.get('x-journal-written'), type: headers.get('content-type') };
    };
    expect(await journal()).toEqual({ entries: [], written: '0', type: 'application/x-ndjson' });
    await cloud.ask('POST /control/rules', { id: 'full', when: { op: 'server.create' }, do: { fault: 'ratelimit' } });
    await create(cloud);
    const { entries } = await journal();
    expect(entries).toMatchObject([
      { line: 1, kind: 'called', op: 'server.create', tenantId: '829409', call: 0 },
      { line: 2, kind: 'faulted', rule: 'full', call: 0 },
      { line: 3, kind: 'answered', answer: 'refused', call: 0 },
    ]);
    expect((await journal('?since=1&limit=1')).entries).toEqual([entries[1]]);
    expect((await journal('?since=3')).entries).toEqual([]);
    await cloud.ask(`GET ${servers}`);
    const later = await journal('?since=0');
    expect([later.entries.map(({ line }) => line), later.written]).toEqual([[2, 3, 4, 5], '5']);
    for (const query of ['?since=-1', '?limit=0', '?limit=many', '?until=3']) {
      expect((await cloud.ask(`GET /control/journal${query}`)).status, query).toBe(400);
    }
  });

  it('checks how many calls there were', async () => {
    const cloud = await servedCloud({}, { journal: 2 });
    const check = async (body: unknown) => {
      const { status, body: said } = await cloud.ask('POST /control/assert', body);
      return [status, said.errors ?? said];
    };
    await cloud.ask('PUT /control/tenants/829409/quota', { instances: 2 });
    for (let made = 0; made < 3; made += 1) await create(cloud);
    await cloud.ask('GET /v2/5/servers');
    const creates = { op: 'server.create', tenant: '829409' };
    expect(await check({ ...creates, atLeast: 3, atMost: 3 })).toEqual([200, { checked: 1 }]);
    expect(
      await check([
        { ...creates, answer: 'refused', atLeast: 1, atMost: 1 },
        { op: 'server.list', atLeast: 1 },
      ]),
    ).toEqual([200, { checked: 2 }]);
    expect(
      await check([
        { ...creates, atMost: 2 },
        { ...creates, tenant: 5, atMost: 0 },
        { ...creates, answer: 'done', atLeast: 3 },
        { op: 'server.list', atMost: 0 },
      ]),
    ).toEqual([
      409,
      [
        'server.create of tenant 829409: 3, expected at most 2',
        'server.create of tenant 829409, answered done: 2, expected at least 3',
        'server.list: 1, expected at most 0',
      ],
    ]);
    for (const wrong of [creates, [], { op: 'server.fly', atMost: 1 }, { ...creates, atLeast: -1 }, 'no JSON']) {
      expect((await check(wrong))[0], JSON.stringify(wrong)).toBe(400);
    }
    const without = await servedCloud({}, { journal: 0 });
    expect([
      (await without.ask('GET /control/journal')).status,
      (await without.ask('POST /control/assert', { ...creates, atMost: 0 })).status,
    ]).toEqual([404, 404]);
  });

  it('resets a tenant, whose calls then come to what they came to before, and no other', async () => {
    const cloud = await servedCloud();
    const fresh = (await cloud.ask(`GET ${lb}`)).text;
    const { id, adminPass } = (await create(cloud)).body.server;
    await cloud.ask('POST /v2/5/servers', { server: { name: 'theirs', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: '2' } });
    await cloud.ask(`POST ${lb}/nodes`, { nodes: [{ address: '10.0.0.1', port: 80 }] });
    await cloud.ask('PUT /control/tenants/829409/quota', { instances: 1 });
    await cloud.ask('POST /v2/829409/behaviors/creation', { criteria: [], name: 'fail', parameters: { code: 418 } });
    expect((await cloud.ask('DELETE /control/tenants/829409')).status).toBe(204);
    expect((await cloud.ask(`GET ${servers}`)).body.servers).toEqual([]);
    expect((await cloud.ask(`GET ${lb}`)).text).toBe(fresh);
    expect((await create(cloud)).body.server).toMatchObject({ id, adminPass });
    expect((await create(cloud)).status).toBe(202);
    expect((await cloud.ask('GET /v2/5/servers')).body.servers).toHaveLength(1);
    const creates = { op: 'server.create', tenant: '829409', atLeast: 2, atMost: 2 };
    expect((await cloud.ask('POST /control/assert', [creates, { op: 'server.create', tenant: '5', atLeast: 1 }])).status).toBe(200);
    await cloud.pass(seconds(20));
    expect(await statusOf(cloud, id)).toBe('ACTIVE');
    expect((await cloud.ask('DELETE /control/tenants/nobody')).status).toBe(404);
  });
});
