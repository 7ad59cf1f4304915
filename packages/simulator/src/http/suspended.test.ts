import { afterEach, describe, expect, it } from 'vitest';
import { closeServedClouds, servedCloud } from '../testing/served-cloud.ts';

afterEach(closeServedClouds);

describe('tenant.suspended over HTTP', () => {
  it('takes the services out of every catalog, and refuses calls to them as each of them refuses', async () => {
    const { ask } = await servedCloud({ tokenChecks: true });
    const login = { auth: { passwordCredentials: { username: 'owner', password: 'password' } } };
    const before = (await ask('POST /v2.0/tokens', login)).body.access.token.id;
    await ask('POST /control/rules', { id: 'suspended', when: { tenant: '829409' }, do: { fault: 'tenant.suspended' } });
    const came = await ask('POST /v2.0/tokens', login);
    expect(came.status).toBe(200);
    const names = (list: readonly { readonly name: string }[]): readonly string[] => list.map(({ name }) => name);
    expect(names(came.body.access.serviceCatalog)).toEqual(['autoscale']);
    const headers = { 'X-Auth-Token': before };
    expect(names((await ask(`GET /v2.0/tokens/${before}`, undefined, headers)).body.access.serviceCatalog)).toEqual(['autoscale']);
    expect(names((await ask(`GET /v2.0/tokens/${before}/endpoints`, undefined, headers)).body.endpoints)).toEqual(['autoscale']);
    expect(await ask('GET /v2/829409/servers', undefined, headers)).toMatchObject({
      status: 403,
      body: { forbidden: { message: 'The account is suspended.', code: 403 } },
    });
    for (const path of ['/v1.0/829409/loadbalancers', '/v3/829409/load_balancer_pools']) {
      expect(await ask(`GET ${path}`, undefined, headers)).toMatchObject({
        status: 403,
        body: { message: 'The account is suspended.', code: 403 },
      });
    }
    await ask('DELETE /control/rules/suspended');
    expect(names((await ask('POST /v2.0/tokens', login)).body.access.serviceCatalog).length).toBeGreaterThan(5);
  });
});
