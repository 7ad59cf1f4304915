import { LutraError } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { errorType, only, resources, serve, stopServing } from '../testing/served-app.ts';
import type { Authenticator } from './principal.ts';
import { tokenList } from './tokens.ts';

afterEach(stopServing);

describe('guard', () => {
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
  const paths = [...tenantPaths.map(([path]) => path), '/v1.0/T', '/v1.0/T/nothing'];
  const ofExecute = paths.map((path) => path.replace('/T', '/execute')); // A tenant may have the name of the capability URLs.

  it.each([...paths, ...ofExecute, '/v1.0/%54/groups', '/v1.0/%65xecute/groups/G'])(
    'asks at %s for token and role before anything else',
    async (path) => {
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
      await stopServing();
      const again = await serve(only({}), { authenticator: norole });
      expect(await errorType(await again('GET', path, undefined, { 'X-Auth-Token': 'x' }))).toBe('Forbidden');
    },
  );

  it('lets observers read everything but capability URLs', async () => {
    const missing = () => Promise.reject(new LutraError('group-not-found', 'No such'));
    const names = ['groupState', 'configuration', 'launchConfiguration', 'listPolicies', 'showPolicy', 'showGroup'] as const;
    const autoscaler = only({ ...Object.fromEntries(names.map((name) => [name, missing])), listGroups: async () => [] });
    const send = await serve(autoscaler, { authenticator: tokens });
    const statuses: Record<string, number> = {};
    for (const [path, allow] of tenantPaths) {
      if (allow.includes('GET')) statuses[path.slice(8)] = (await send('GET', path, undefined, { 'X-Auth-Token': 'o' })).status;
    }
    expect((await send('HEAD', '/v1.0/T/groups', undefined, { 'X-Auth-Token': 'o' })).status).toBe(200);
    expect((await send('HEAD', '/v1.0/T/groups/G/policies/P/webhooks', undefined, { 'X-Auth-Token': 'o' })).status).toBe(403);
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
