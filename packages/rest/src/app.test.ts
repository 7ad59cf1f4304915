import { request } from 'node:http';
import {
  type Autoscaler,
  epochMs,
  type GroupManifest,
  type Log,
  LutraError,
  type Policy,
  seededRandom,
  silentLog,
  type Webhook,
} from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { from, NEVER, timer } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createRestApp, type RestAppOptions } from './app.ts';
import type { Authenticator } from './auth/principal.ts';
import { tokenList } from './auth/tokens.ts';
import { createMetrics } from './metrics.ts';
import { type ListeningHost, listen } from './server.ts';

/** An autoscaler of which only these methods may be called. */
const only = (methods: Partial<Autoscaler>): Autoscaler =>
  new Proxy(methods, {
    get: (target, name) => {
      if (Object.hasOwn(target, name)) return target[name as keyof Autoscaler];
      throw new Error(`unexpected call of ${String(name)}`);
    },
  }) as Autoscaler;

const clock = nodeClock();
let running: ListeningHost | undefined;
afterEach(() => running?.close());

/** Serves the API on `autoscaler`; answers requests by their path. */
async function serve(autoscaler: Autoscaler, options: Partial<RestAppOptions> = {}) {
  const app = createRestApp({ autoscaler, clock, random: seededRandom(1), urlRoot: 'https://api.example', ...options });
  running = await listen(app, { clock, random: seededRandom(2), port: 0, host: '127.0.0.1' });
  const root = `http://127.0.0.1:${running.port}`;
  return (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
    fetch(root + path, { method, headers, ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }) });
}

/** The type of the error that an answer tells. */
const errorType = async (res: Response): Promise<string> => ((await res.json()) as { error: { type: string } }).error.type;

/** The status line and body of a request sent as the bytes of `path`, which fetch would tidy up. */
const rawGet = (path: string) =>
  new Promise<{ readonly status: number | undefined; readonly text: string }>((resolve, reject) => {
    request({ port: running?.port, host: '127.0.0.1', path }, (res) => {
      let text = '';
      res.on('data', (chunk) => (text += chunk)).on('end', () => resolve({ status: res.statusCode, text }));
    })
      .on('error', reject)
      .end();
  });

const launch = { type: 'launch_server', args: { server: { flavorRef: '2', imageRef: 'I' } } };
const config = { name: 'web', cooldown: 60, minEntities: 0, maxEntities: 10, metadata: {} };
const json = JSON.stringify;

const resources: readonly (readonly [path: string, allow: string])[] = [
  ['/', 'GET, HEAD'],
  ['/health', 'GET, HEAD'],
  ['/health/live', 'GET, HEAD'],
  ['/health/ready', 'GET, HEAD'],
  ['/openapi.json', 'GET, HEAD'],
  ['/docs', 'GET, HEAD'],
  ['/v1.0/execute/1/abc', 'POST'],
  ['/v1.0/T/execute/1/abc', 'POST'],
  ['/v1.0/T/limits', 'GET, HEAD'],
  ['/v1.0/T/groups', 'GET, HEAD, POST'],
  ['/v1.0/T/groups/G', 'DELETE, GET, HEAD'],
  ['/v1.0/T/groups/G/state', 'GET, HEAD'],
  ['/v1.0/T/groups/G/pause', 'POST'],
  ['/v1.0/T/groups/G/resume', 'POST'],
  ['/v1.0/T/groups/G/converge', 'POST'],
  ['/v1.0/T/groups/G/config', 'GET, HEAD, PUT'],
  ['/v1.0/T/groups/G/launch', 'GET, HEAD, PUT'],
  ['/v1.0/T/groups/G/servers', 'GET, HEAD'],
  ['/v1.0/T/groups/G/servers/S', 'DELETE, GET, HEAD'],
  ['/v1.0/T/groups/G/policies', 'GET, HEAD, POST'],
  ['/v1.0/T/groups/G/policies/P', 'DELETE, GET, HEAD, PUT'],
  ['/v1.0/T/groups/G/policies/P/execute', 'POST'],
  ['/v1.0/T/groups/G/policies/P/webhooks', 'GET, HEAD, POST'],
  ['/v1.0/T/groups/G/policies/P/webhooks/W', 'DELETE, GET, HEAD, PUT'],
];

describe('createRestApp', () => {
  it.each(resources)('has at %s the methods %s and no others, with or without a slash at the end', async (path, allow) => {
    const send = await serve(only({}));
    for (const form of path === '/' ? [path] : [path, `${path}/`]) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].filter((each) => !allow.includes(each))) {
        const res = await send(method, form);
        expect([res.status, res.headers.get('allow')]).toEqual([405, allow]);
        expect(await res.json()).toMatchObject({ error: { type: 'InvalidMethod', code: 405, details: '' } });
      }
    }
  });

  it.each([
    '/v1.0',
    '/v1.0/T',
    '/v1.0//groups',
    '/v1.0/T/GROUPS',
    '/V1.0/T/groups',
    '/v1.1/T/groups',
    '/v1.0/T/groups/G/history',
    '/v1.0/execute/1',
    '/nothing',
    '/v1.0/T/groups//',
  ])('answers the unknown path %s with 404 in the error format', async (path) => {
    await serve(only({}));
    const { status, text } = await rawGet(path);
    expect([status, JSON.parse(text).error.type]).toEqual([404, 'NotFound']);
  });

  it.each(['/v1.0/%zz/groups', '/v1.0/T/groups/%', '/v1.0/T/groups/%ff/state', '/%', '/v1.0/T/groups/G/policies/%E0%A4%A'])(
    'finds nothing at %s, which is no percent-encoded UTF-8',
    async (path) => {
      await serve(only({}));
      const { status, text } = await rawGet(path);
      expect([status, JSON.parse(text)]).toMatchObject([404, { error: { type: 'NotFound', code: 404, details: '' } }]);
    },
  );

  it('gives every answer the same headers: exact type, length, id, server and date', async () => {
    const send = await serve(
      only({ listGroups: async () => [], pauseGroup: async () => {}, executePolicy: async () => {}, executeCapability: async () => {} }),
    );
    const ids = new Set<string | null>();
    for (const [method, path, status, length] of [
      ['GET', '/v1.0/T/groups/', 200, '31'],
      ['HEAD', '/v1.0/T/groups/', 200, '31'],
      ['POST', '/v1.0/T/groups/G/pause', 204, null],
      ['POST', '/v1.0/T/groups/G/policies/P/execute', 202, '2'],
      ['POST', '/v1.0/execute/1/abc/', 202, '0'],
      ['GET', '/nothing', 404, null],
      ['PUT', '/health', 405, null],
      ['GET', '/health', 200, '16'],
    ] as const) {
      const res = await send(method, path);
      expect([path, res.status, res.headers.get('content-type')]).toEqual([path, status, 'application/json']);
      if (length !== null || status === 204) expect([path, res.headers.get('content-length')]).toEqual([path, length]);
      expect(res.headers.get('server')).toBe('lutra');
      expect(res.headers.get('date')).toMatch(/GMT$/);
      expect(res.headers.get('x-powered-by')).toBeNull();
      expect(res.headers.get('transfer-encoding')).toBeNull();
      expect(res.headers.get('x-response-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      ids.add(res.headers.get('x-response-id'));
    }
    expect(ids.size).toBe(8);
  });

  it.each([
    ['/', '', 'application/json'],
    ['/health', '', 'application/json'],
    ['/openapi.json', '', 'application/json'],
    ['/v1.0/T/limits', '', 'application/json'],
    ['/v1.0/T/limits', 'application/xml', 'application/xml'],
    ['/metrics', '', 'text/plain; version=0.0.4; charset=utf-8'],
    ['/docs', '', 'text/html; charset=utf-8'],
  ])('answers %s, asked with Accept %j, as %s', async (path, accept, type) => {
    const send = await serve(only({}), { metrics: createMetrics(clock) });
    const { status, headers } = await send('GET', path, undefined, { Accept: accept });
    expect([status, headers.get('content-type'), headers.get('server')]).toEqual([200, type, 'lutra']);
    expect(headers.get('x-response-id')).toHaveLength(36);
    expect(headers.get('date')).toMatch(/GMT$/);
  });

  it('tells nothing of a failure of its own, but logs it under the id of the answer', async () => {
    const lines: object[] = [];
    const log: Log = { ...silentLog, error: (fields) => void lines.push(fields) };
    const failure = new TypeError('a secret of ours');
    const send = await serve(only({ groupState: () => Promise.reject(failure) }), { log });
    const res = await send('GET', '/v1.0/T/groups/G/state?x=1');
    expect(res.status).toBe(500);
    expect(await res.json()).toEqual({
      error: { type: 'InternalError', code: 500, message: 'An Internal Error was encountered', details: '' },
    });
    expect(lines).toEqual([{ requestId: res.headers.get('x-response-id'), method: 'GET', path: '/v1.0/T/groups/G/state', error: failure }]);
  });

  it('answers what the autoscaler refuses with its type, status, message and details', async () => {
    const refused = new LutraError('group-paused', 'Cannot converge.', { details: 'because' });
    const send = await serve(only({ convergeGroup: () => Promise.reject(refused) }));
    const res = await send('POST', '/v1.0/T/groups/G/converge/');
    expect([res.status, await res.json()]).toEqual([
      403,
      { error: { type: 'GroupPausedError', code: 403, message: 'Cannot converge.', details: 'because' } },
    ]);
  });

  it('passes ids of any form on as they are decoded', async () => {
    const seen: object[] = [];
    const send = await serve(only({ pauseGroup: async (ref) => void seen.push(ref) }));
    await send('POST', '/v1.0/%CE%A9/groups/a%2Fb%20c/pause/');
    expect(seen).toEqual([{ tenantId: 'Ω', groupId: 'a/b c' }]);
  });

  it.each([
    ['a body that is no JSON', '{', 400, 'InvalidJsonError'],
    ['a body of the wrong form', '{}', 400, 'ValidationError'],
    ['bounds out of order', json({ ...config, minEntities: 20 }), 400, 'InvalidMinEntities'],
    ['a good body', json(config), 404, 'NoSuchScalingGroupError'],
  ])('looks for the group only after the body: %s', async (_what, body, status, type) => {
    const send = await serve(only({ updateConfiguration: () => Promise.reject(new LutraError('group-not-found', 'No such')) }));
    const res = await send('PUT', '/v1.0/T/groups/G/config', body);
    expect([res.status, await errorType(res)]).toEqual([status, type]);
  });

  it.each([
    ['application/json', 204],
    ['application/json; charset=utf-8', 204],
    ['Application/JSON ; x=y', 204],
    ['text/plain', 415],
    ['application/jsonp', 415],
    ['application/x-www-form-urlencoded', 415],
    ['', 415],
  ])('takes a body of Content-Type %j with %i', async (contentType, status) => {
    const send = await serve(only({ updateConfiguration: async () => {} }));
    const res = await send('PUT', '/v1.0/T/groups/G/config', json(config), { 'Content-Type': contentType });
    expect(res.status).toBe(status);
    if (status === 415) expect(await errorType(res)).toBe('UnsupportedMediaType');
  });

  it('takes a body without Content-Type, and refuses one that is compressed', async () => {
    const send = await serve(only({ updateConfiguration: async () => {} }));
    expect((await send('PUT', '/v1.0/T/groups/G/config', json(config))).status).toBe(204);
    const compressed = await send('PUT', '/v1.0/T/groups/G/config', json(config), { 'Content-Encoding': 'gzip' });
    expect([compressed.status, await errorType(compressed)]).toEqual([415, 'UnsupportedMediaType']);
  });

  it.each([
    '/v1.0/T/groups/G/pause',
    '/v1.0/T/groups/G/resume',
    '/v1.0/T/groups/G/converge',
    '/v1.0/T/groups/G/policies/P/execute',
    '/v1.0/execute/1/a',
  ])('never looks at the body of POST %s', async (path) => {
    const done = async () => {};
    const send = await serve(
      only({ pauseGroup: done, resumeGroup: done, convergeGroup: done, executePolicy: done, executeCapability: done }),
    );
    expect((await send('POST', path, '{ no json', { 'Content-Type': 'text/plain' })).ok).toBe(true);
  });

  it('says of a body that is no JSON only that', async () => {
    const send = await serve(only({}));
    for (const body of ['', '{', '[', '{},{}', '\u{feff}{}', '{"a":NaN}']) {
      const res = await send('POST', '/v1.0/T/groups', body);
      expect([res.status, await res.json()]).toEqual([400, { error: { type: 'InvalidJsonError', code: 400, message: '', details: '' } }]);
    }
    const invalidUtf8 = await fetch(`http://127.0.0.1:${running?.port}/v1.0/T/groups`, {
      method: 'POST',
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });
    expect(await errorType(invalidUtf8)).toBe('InvalidJsonError');
  });

  it('accepts a body of one mebibyte, and names the limit to a larger one', async () => {
    const send = await serve(only({ updateConfiguration: async () => {} }));
    const padded = (bytes: number): string => json(config).padEnd(bytes);
    expect((await send('PUT', '/v1.0/T/groups/G/config', padded(1024 * 1024))).status).toBe(204);
    for (const stream of [false, true]) {
      const body = new TextEncoder().encode(padded(1024 * 1024 + 1));
      const res = await fetch(`http://127.0.0.1:${running?.port}/v1.0/T/groups/G/config`, {
        method: 'PUT',
        duplex: 'half',
        body: stream ? new Blob([body]).stream() : body,
      } as RequestInit);
      expect([res.status, await res.json()]).toMatchObject([400, { error: { type: 'InvalidJsonError', message: /1048576 bytes/ } }]);
    }
  });

  it('names the limit to a body that nests too deeply', async () => {
    const send = await serve(only({}));
    const res = await send('POST', '/v1.0/T/groups', '['.repeat(100_000) + ']'.repeat(100_000));
    expect([res.status, await res.json()]).toMatchObject([400, { error: { type: 'InvalidJsonError', message: /1000 levels/ } }]);
  });

  it('shows a new group with links below the root it was given, and where it is', async () => {
    const made: object[] = [];
    const state = {
      name: 'web',
      paused: false,
      status: 'ACTIVE',
      errors: [],
      active: [],
      activeCapacity: 0,
      pendingCapacity: 2,
      desiredCapacity: 2,
    } as const;
    const send = await serve(
      only({
        createGroup: async (group) => {
          made.push(group);
          const policies = group.scalingPolicies.map((definition, index) => ({ id: `P${index}`, definition }) as Policy);
          return {
            id: 'G',
            configuration: group.groupConfiguration,
            launchConfiguration: group.launchConfiguration,
            policies,
            webhooks: [],
            state,
          } as unknown as GroupManifest;
        },
      }),
    );
    const policy = { name: 'up', type: 'webhook', change: 1, cooldown: 0.5 };
    const sent = {
      groupConfiguration: { name: 'web', cooldown: 60, minEntities: 2 },
      launchConfiguration: { type: 'launch_server', args: { server: { ...launch.args.server, metadata: null } } },
      scalingPolicies: [policy],
    };
    const res = await send('POST', '/v1.0/T/groups', json(sent));
    expect([res.status, res.headers.get('location')]).toEqual([201, 'https://api.example/v1.0/T/groups/G/']);
    const { errors: _, ...shownState } = state;
    expect(await res.json()).toEqual({
      group: {
        id: 'G',
        links: [{ href: 'https://api.example/v1.0/T/groups/G/', rel: 'self' }],
        groupConfiguration: { name: 'web', cooldown: 60, minEntities: 2, maxEntities: 1000, metadata: {} },
        launchConfiguration: launch,
        scalingPolicies: [{ ...policy, id: 'P0', links: [{ href: 'https://api.example/v1.0/T/groups/G/policies/P0/', rel: 'self' }] }],
        scalingPolicies_links: [{ href: 'https://api.example/v1.0/T/groups/G/policies/', rel: 'policies' }],
        state: shownState,
      },
    });
    expect(made).toHaveLength(1);
  });

  it('echoes what it keeps for the cloud exactly as it was written', async () => {
    const kept: unknown[] = [];
    const send = await serve(
      only({
        updateLaunchConfiguration: async (_ref, sent) => void kept.push(sent),
        launchConfiguration: async () => kept[0] as never,
      }),
    );
    const text = `{"type":"launch_server","args":{"server":{"flavorRef":"2","imageRef":"I","big":9007199254740993,"one":1.0,"__proto__":{"x":[1e400]},"text":"ü\\ud800"}}}`;
    expect((await send('PUT', '/v1.0/T/groups/G/launch', text)).status).toBe(204);
    expect(await (await send('GET', '/v1.0/T/groups/G/launch')).text()).toBe(`{"launchConfiguration":${text}}`);
    expect('x' in {}).toBe(false);
  });

  it('shows all webhooks of all policies only when asked to', async () => {
    const policies = ['P1', 'P2'].map((id) => ({ id, definition: { name: id, type: 'webhook', cooldown: 0, change: 1 } }));
    const webhooks = [{ id: 'W', policyId: 'P2', definition: { name: 'n', metadata: {} }, hash: 'abc' } as unknown as Webhook];
    const state = {
      name: 'web',
      paused: true,
      status: 'ERROR',
      errors: ['No.'],
      active: [],
      activeCapacity: 0,
      pendingCapacity: 0,
      desiredCapacity: 0,
    };
    const group = { id: 'G', configuration: config, launchConfiguration: launch, policies, webhooks, state } as unknown as GroupManifest;
    const send = await serve(only({ showGroup: async () => group }));
    for (const query of ['', '?webhooks=False', '?webhooks=15', '?webhooks=Tr@%25', '?Webhooks=true']) {
      const body = (await (await send('GET', `/v1.0/T/groups/G/${query}`)).json()) as { group: { scalingPolicies: object[] } };
      expect(body.group.scalingPolicies.map((policy) => Object.keys(policy).filter((key) => key.startsWith('webhooks')))).toEqual([[], []]);
    }
    for (const value of ['true', 'tRuE', 'True']) {
      const at = (id: string) => `https://api.example/v1.0/T/groups/G/policies/${id}/webhooks/`;
      const body = await (await send('GET', `/v1.0/T/groups/G?webhooks=${value}`)).json();
      expect(body).toMatchObject({
        group: {
          state: { status: 'ERROR', errors: [{ message: 'No.' }], paused: true },
          scalingPolicies: [
            { id: 'P1', webhooks: [], webhooks_links: [{ href: at('P1'), rel: 'webhooks' }] },
            {
              id: 'P2',
              webhooks: [
                {
                  id: 'W',
                  name: 'n',
                  metadata: {},
                  links: [
                    { href: `${at('P2')}W/`, rel: 'self' },
                    { href: 'https://api.example/v1.0/execute/1/abc/', rel: 'capability' },
                  ],
                },
              ],
              webhooks_links: [{ href: at('P2'), rel: 'webhooks' }],
            },
          ],
        },
      });
    }
  });

  it('checks the arguments of a removal before it asks for it, and defaults them to true', async () => {
    const removed: unknown[] = [];
    const send = await serve(only({ removeServer: async (_ref, id, options) => void removed.push([id, options]) }));
    const statuses = [];
    for (const query of ['', '?replace=False', '?purge=false&replace=TRUE', '?replace=bad', '?purge=', '?purge=1']) {
      statuses.push((await send('DELETE', `/v1.0/T/groups/G/servers/S/${query}`)).status);
    }
    expect(statuses).toEqual([202, 202, 202, 400, 400, 400]);
    expect(removed).toEqual([
      ['S', { replace: true, purge: true }],
      ['S', { replace: false, purge: true }],
      ['S', { replace: true, purge: false }],
    ]);
  });

  it('does not show servers, but checks the limit first', async () => {
    const send = await serve(only({}));
    const answers = [];
    for (const path of ['servers', 'servers?limit=ab', 'servers/S'])
      answers.push(await errorType(await send('GET', `/v1.0/T/groups/G/${path}`)));
    expect(answers).toEqual(['NotImplementedError', 'InvalidQueryArgument', 'NotImplementedError']);
  });

  it('tells the quotas as JSON, and as XML to who asks for it', async () => {
    const send = await serve(only({}), { limits: { groups: 7, policiesPerGroup: 8, webhooksPerPolicy: 9 } });
    for (const path of ['/v1.0/T/limits', '/v1.0/T/limits/']) {
      const absolute = { maxGroups: 7, maxPoliciesPerGroup: 8, maxWebhooksPerPolicy: 9 };
      expect(await (await send('GET', path)).json()).toEqual({ limits: { rate: [], absolute } });
    }
    const xml = await send('GET', '/v1.0/T/limits', undefined, { Accept: 'application/xml' });
    expect([xml.headers.get('content-type'), await xml.text()]).toEqual([
      'application/xml',
      expect.stringContaining('<limit name="maxGroups" value="7"/>'),
    ]);
  });

  it('tells how it is, and that it is not well when it cannot find out', async () => {
    const send = await serve(only({}), { health: async () => ({ healthy: true, store: { healthy: true } }) });
    expect(await (await send('GET', '/health')).json()).toEqual({ healthy: true, store: { healthy: true } });
    await running?.close();
    const again = await serve(only({}), { health: () => Promise.reject(new Error('no store')) });
    const res = await again('GET', '/health');
    expect([res.status, await res.json()]).toEqual([200, { healthy: false }]);
    const ready = await again('GET', '/health/ready');
    expect([ready.status, await ready.json()]).toEqual([503, { healthy: false }]);
    expect((await again('GET', '/health/live')).status).toBe(200);
  });

  it('logs and counts each request by its route, with its id, tenant and group, and never by its path', async () => {
    const lines: object[] = [];
    const log: Log = { ...silentLog, info: (fields) => void lines.push(fields) };
    const metrics = createMetrics(clock);
    const send = await serve(only({ pauseGroup: async () => {}, executeCapability: async () => {} }), { log, metrics });
    const paused = await send('POST', '/v1.0/T/groups/G/pause/');
    await send('POST', '/v1.0/execute/1/a-hash/');
    await send('GET', '/nothing');
    const text = await (await send('GET', '/metrics')).text();
    await running?.close();
    expect(lines).toEqual([
      {
        requestId: paused.headers.get('x-response-id'),
        method: 'POST',
        route: '/v1.0/:tenantId/groups/:groupId/pause',
        tenantId: 'T',
        groupId: 'G',
        status: 204,
        ms: expect.any(Number),
      },
      { requestId: expect.any(String), method: 'POST', route: '/v1.0/execute/:version/:hash', status: 202, ms: expect.any(Number) },
      { requestId: expect.any(String), method: 'GET', route: 'none', status: 404, ms: expect.any(Number) },
    ]);
    expect(text).toContain('lutra_http_requests_total{route="/v1.0/:tenantId/groups/:groupId/pause",method="POST",status="204"} 1');
    expect(text).not.toContain('a-hash');
  });
});

describe('POST /v1.0/execute/:version/:hash', () => {
  it('answers 202 without a body whatever comes of it, for any version', async () => {
    const hashes: string[] = [];
    const log: Log = { ...silentLog, error: () => {} };
    const send = await serve(
      only({
        executeCapability: async (hash) => {
          hashes.push(hash);
          if (hash === 'bad') throw new TypeError('ours');
        },
      }),
      { log },
    );
    for (const path of ['/v1.0/execute/1/a', '/v1.0/execute/99/b/', '/v1.0/execute/1/bad', '/v1.0/T/execute/1/c/']) {
      const res = await send('POST', path);
      expect([res.status, await res.text(), res.headers.get('content-type')]).toEqual([202, '', 'application/json']);
    }
    expect(hashes).toEqual(['a', 'b', 'bad', 'c']);
  });

  it('tells that the store is out of reach, at once or after five seconds', async () => {
    const unavailable = () => Promise.reject(new LutraError('unavailable', 'no store'));
    const send = await serve(only({ executeCapability: unavailable }));
    expect(await errorType(await send('POST', '/v1.0/execute/1/a'))).toBe('ServiceUnavailable');
    await running?.close();
    const delays: number[] = [];
    const hurried = { now: clock.now, after: (delay: number) => timer(delays.push(delay) * 0) };
    const slow = await serve(only({ executeCapability: () => new Promise(() => {}) }), { clock: hurried as never });
    const res = await slow('POST', '/v1.0/execute/1/a');
    expect([res.status, delays]).toEqual([503, [5_000, 25]]);
  });

  it('answers no sooner for a hash that is quickly found to be none', async () => {
    const { promise: floor, resolve: pass } = Promise.withResolvers<void>();
    const held = { now: clock.now, after: (delay: number) => (delay === 25 ? from(floor) : NEVER) };
    const send = await serve(only({ executeCapability: async () => {} }), { clock: held as never });
    let status: number | undefined;
    const answered = send('POST', '/v1.0/execute/1/a').then((res) => {
      status = res.status;
    });
    await send('GET', '/health');
    expect(status).toBeUndefined();
    pass();
    await answered;
    expect(status).toBe(202);
    running = undefined; // its clock never moves, so it cannot wait for connections to end
  });

  it('never logs the hash', async () => {
    const lines: string[] = [];
    const log: Log = { ...silentLog, error: (fields, message) => void lines.push(json(fields) + message) };
    const send = await serve(only({ executeCapability: () => Promise.reject(new Error('x')) }), { log });
    await send('POST', '/v1.0/execute/1/0123456789abcdef');
    await running?.close();
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain('0123456789abcdef');
  });
});

describe('a host that authenticates', () => {
  const tokens = tokenList({
    a: { tenants: ['T'], roles: ['autoscale:admin'] },
    o: { tenants: ['T'], roles: ['autoscale:observer'] },
    other: { tenants: ['U'], roles: ['admin'] },
  });
  const norole: Authenticator = {
    ...tokens,
    authenticate: async () => ({ tenants: new Map([['T', 'none' as const]]), expiresAt: undefined }),
  };
  const tenantPaths = resources.filter(([path]) => path.startsWith('/v1.0/T/') && !path.includes('/execute/'));
  const paths = [...tenantPaths, ['/v1.0/T', ''] as const, ['/v1.0/T/nothing', ''] as const];

  it.each(paths)('asks at %s for token and role before anything else', async (path) => {
    const send = await serve(only({}), { authenticator: tokens });
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      for (const [token, status, type] of [
        [undefined, 401, 'InvalidCredentials'],
        ['', 401, 'InvalidCredentials'],
        ['unknown', 401, 'InvalidCredentials'],
        ['..', 401, 'InvalidCredentials'],
        ['other', 403, 'Forbidden'],
        ...(method === 'GET' ? [] : [['o', 403, 'Forbidden'] as const]),
      ] as const) {
        const body = method === 'GET' ? undefined : '{';
        const res = await send(method, path, body, token === undefined ? {} : { 'X-Auth-Token': token });
        expect([method, token, res.status, await errorType(res)]).toEqual([method, token, status, type]);
        expect(res.headers.get('www-authenticate')).toBe(status === 401 ? 'Token realm="lutra"' : null);
      }
    }
    await running?.close();
    const again = await serve(only({}), { authenticator: norole });
    expect(await errorType(await again('GET', path, undefined, { 'X-Auth-Token': 'x' }))).toBe('Forbidden');
  });

  it('lets observers read everything but capability URLs', async () => {
    const missing = () => Promise.reject(new LutraError('group-not-found', 'No such'));
    const names = ['groupState', 'configuration', 'launchConfiguration', 'listPolicies', 'showPolicy', 'showGroup'] as const;
    const autoscaler = only({ ...Object.fromEntries(names.map((name) => [name, missing])), listGroups: async () => [] });
    const send = await serve(autoscaler, { authenticator: tokens });
    const statuses: Record<string, number> = {};
    for (const [path, allow] of tenantPaths) {
      if (allow.includes('GET')) statuses[path.slice(8)] = (await send('GET', path, undefined, { 'X-Auth-Token': 'o' })).status;
    }
    statuses['?webhooks'] = (await send('GET', '/v1.0/T/groups/G?webhooks=TRUE', undefined, { 'X-Auth-Token': 'o' })).status;
    expect(statuses).toEqual({
      limits: 200,
      groups: 200,
      'groups/G': 404,
      '?webhooks': 403,
      'groups/G/state': 404,
      'groups/G/config': 404,
      'groups/G/launch': 404,
      'groups/G/servers': 501,
      'groups/G/servers/S': 501,
      'groups/G/policies': 404,
      'groups/G/policies/P': 404,
      'groups/G/policies/P/webhooks': 403,
      'groups/G/policies/P/webhooks/W': 403,
    });
  });

  it('asks nobody for a token at a capability URL, at / and at /health', async () => {
    const send = await serve(only({ executeCapability: async () => {} }), { authenticator: tokens });
    for (const path of ['/v1.0/execute/1/a', '/v1.0/T/execute/1/a/']) expect((await send('POST', path)).status).toBe(202);
    for (const path of ['/', '/health']) expect((await send('GET', path)).status).toBe(200);
  });

  it('says that it cannot tell when identity is out of reach', async () => {
    const authenticate = () => Promise.reject(new LutraError('unavailable', 'no identity'));
    const send = await serve(only({}), { authenticator: { ...tokens, authenticate } });
    const res = await send('GET', '/v1.0/T/groups', undefined, { 'X-Auth-Token': 'x' });
    expect([res.status, await errorType(res)]).toEqual([503, 'ServiceUnavailable']);
  });
});

describe('a host with rates', () => {
  const rates: RestAppOptions['rates'] = {
    tenant: (id) => (id === 'free' ? undefined : { value: 3, unit: 'MINUTE' }),
    execute: { value: 2, unit: 'HOUR' },
  };
  const autoscaler = only({ executeCapability: async () => {}, listGroups: async () => [] });
  const frozen = { ...clock, now: () => epochMs(1_700_000_000_000) };

  it('refuses further requests of a tenant with 413 and says when to come again', async () => {
    const send = await serve(autoscaler, { rates, clock: frozen });
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(await send('GET', '/v1.0/T/groups'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 413]);
    expect([answers[3]?.headers.get('retry-after'), await errorType(answers[3] as Response)]).toEqual(['20', 'RateLimitError']);
    for (let i = 0; i < 4; i += 1) expect((await send('GET', '/v1.0/free/groups')).status).toBe(200);
    expect((await send('GET', '/v1.0/U/groups')).status).toBe(200);
  });

  it('counts no request that its guard refused', async () => {
    const send = await serve(autoscaler, { rates, clock: frozen, authenticator: tokenList({ a: { tenants: ['T'], roles: ['admin'] } }) });
    for (let i = 0; i < 5; i += 1) expect((await send('GET', '/v1.0/T/groups')).status).toBe(401);
    expect((await send('GET', '/v1.0/T/groups', undefined, { 'X-Auth-Token': 'a' })).status).toBe(200);
  });

  it('counts capability calls by address and by hash, existing or not, and not for the tenant', async () => {
    const send = await serve(autoscaler, { rates, clock: frozen, trustedProxies: 1 });
    const from = (address: string, hash: string) => send('POST', `/v1.0/execute/1/${hash}`, undefined, { 'X-Forwarded-For': address });
    expect([(await from('10.0.0.1', 'a')).status, (await from('10.0.0.1', 'b')).status]).toEqual([202, 202]);
    const third = await from('10.0.0.1', 'c');
    expect([third.status, third.headers.get('retry-after'), await errorType(third)]).toEqual([413, '1800', 'RateLimitError']);
    expect([(await from('10.0.0.2', 'a')).status, (await from('10.0.0.3', 'a')).status]).toEqual([202, 413]);
    expect((await send('GET', '/v1.0/T/groups')).status).toBe(200);
  });

  it('believes no address that a client made up', async () => {
    const send = await serve(autoscaler, { rates, clock: frozen });
    const statuses = [];
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
      statuses.push((await send('POST', `/v1.0/execute/1/${address}`, undefined, { 'X-Forwarded-For': address })).status);
    expect(statuses).toEqual([202, 202, 413]);
  });

  it('shows what it enforces, and how it stands', async () => {
    const send = await serve(autoscaler, { rates, clock: frozen });
    await send('POST', '/v1.0/execute/1/a');
    const available = '2023-11-14T22:13:20.000Z';
    expect(((await (await send('GET', '/v1.0/T/limits')).json()) as { limits: object }).limits).toEqual({
      rate: [
        {
          uri: '/v1.0/{tenantId}/*',
          regex: '/v1\\.0/([A-Za-z0-9:]+)/.+',
          limit: [{ verb: 'ALL', unit: 'MINUTE', value: 3, remaining: 2, 'next-available': available }],
        },
        {
          uri: '/v1.0/execute/*',
          regex: '/v1\\.0/execute/(.*)',
          limit: [{ verb: 'ALL', unit: 'HOUR', value: 2, remaining: 1, 'next-available': available }],
        },
      ],
      absolute: { maxGroups: 100, maxPoliciesPerGroup: 100, maxWebhooksPerPolicy: 25 },
    });
    const xml = await (await send('GET', '/v1.0/T/limits', undefined, { Accept: 'application/xml' })).text();
    expect(xml).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<limits xmlns="http://docs.openstack.org/common/api/v1.0"><rates>' +
        `<rate uri="/v1.0/{tenantId}/*" regex="/v1\\.0/([A-Za-z0-9:]+)/.+"><limit verb="ALL" unit="MINUTE" value="3" remaining="1" next-available="${available}"/></rate>` +
        `<rate uri="/v1.0/execute/*" regex="/v1\\.0/execute/(.*)"><limit verb="ALL" unit="HOUR" value="2" remaining="1" next-available="${available}"/></rate>` +
        '</rates><absolute><limit name="maxGroups" value="100"/><limit name="maxPoliciesPerGroup" value="100"/><limit name="maxWebhooksPerPolicy" value="25"/></absolute></limits>\n',
    );
  });
});
