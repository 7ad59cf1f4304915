import { LutraError } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { clock, only, rawGet, resources, serve, stopServing } from './testing/served-app.ts';

afterEach(stopServing);

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

  it('keeps the resources of a tenant called execute apart from capability URLs', async () => {
    const calls: unknown[] = [];
    const called =
      (name: string) =>
      async (...given: unknown[]): Promise<never> => {
        calls.push([name, given[0]]);
        throw new LutraError('group-not-found', 'No such');
      };
    const names = ['listGroups', 'showGroup', 'groupState', 'executePolicy', 'executeCapability'] as const;
    const send = await serve(only(Object.fromEntries(names.map((name) => [name, called(name)]))));
    for (const [method, path] of [
      ['GET', 'groups'],
      ['GET', 'groups/G'],
      ['GET', 'groups/G/'],
      ['GET', 'groups/G/state'],
      ['POST', 'groups/G/policies/P/execute'],
      ['POST', '1/abc'],
      ['POST', 'execute/1/abc'],
      ['POST', 'execute/abc'],
    ] as const) {
      await send(method, `/v1.0/execute/${path}`);
    }
    const group = { tenantId: 'execute', groupId: 'G' };
    expect(calls).toEqual([
      ['listGroups', 'execute'],
      ['showGroup', group],
      ['showGroup', group],
      ['groupState', group],
      ['executePolicy', { ...group, policyId: 'P' }],
      ['executeCapability', 'abc'],
      ['executeCapability', 'abc'],
      ['executeCapability', 'abc'],
    ]);
    expect((await send('GET', '/v1.0/execute/limits')).status).toBe(200);
    expect((await send('POST', '/v1.0/execute/groups/G')).status).toBe(405);
  });

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
});
