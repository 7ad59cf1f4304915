import { afterEach, describe, expect, it } from 'vitest';
import { parseIdentity } from '../identity/identity-data.ts';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';
import { routes } from './routes.ts';
import { maySteer } from './steering.ts';

afterEach(closeServedClouds);

const users = `
users:
  - { name: root, password: secret, tenant: admins, roles: [admin] }
  - { name: service, password: password, tenant: admins, roles: ['identity:admin'] }
  - { name: ann, password: secret, tenant: '1001', roles: ['identity:user-admin'] }
`;
const tokenOf = async ({ ask }: ServedCloud, username: string, password: string): Promise<string> =>
  (await ask('POST /v2.0/tokens', { auth: { passwordCredentials: { username, password } } })).body.access.token.id;

describe('maySteer', () => {
  const from = (remoteAddress: string | undefined, headers = {}) =>
    maySteer({ socket: { remoteAddress } as never, headers }, { token: () => undefined, user: () => undefined });

  it('lets callers on this machine, and no others', () => {
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) expect([address, from(address)]).toEqual([address, true]);
    for (const address of ['10.0.0.1', '::ffff:10.127.0.1', '1270.0.0.1', '::12', 'fe80::1', '', undefined])
      expect([address, from(address)]).toEqual([address, false]);
  });

  it('does not take a proxy on this machine for a caller on it', () => {
    for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip']) expect(from('127.0.0.1', { [header]: 'x' })).toBe(false);
  });
});

describe('a cloud that is called from elsewhere', () => {
  const elsewhere = { 'X-Forwarded-For': '203.0.113.7' };

  it('lets only administrators steer, before it reads what they send', async () => {
    const cloud = await servedCloud({ tokenChecks: true, identity: parseIdentity(users) });
    const [root, service, ann] = [
      await tokenOf(cloud, 'root', 'secret'),
      await tokenOf(cloud, 'service', 'password'),
      await tokenOf(cloud, 'ann', 'secret'),
    ];
    const status = async (token: string | undefined, call = 'GET /control/snapshot', body?: unknown) =>
      (await cloud.ask(call, body, { ...elsewhere, ...(token === undefined ? {} : { 'X-Auth-Token': token }) })).status;
    expect([await status(undefined), await status('x'), await status(ann), await status(service), await status(root)]).toEqual([
      403, 403, 403, 403, 200,
    ]);
    expect(await status(ann, 'PUT /control/snapshot', 'x'.repeat(2 ** 20))).toBe(403);
    expect(await status(ann, 'POST /mimic/v1.1/tick', { amount: 1 })).toBe(403);
    expect(await status(ann, 'POST /v2/1001/behaviors/creation', { name: 'fail' })).toBe(403);
    expect(await status(ann, 'POST /v2.0/OS-KSADM/services', { 'OS-KSADM:service': { name: 'a', type: 'b' } })).toBe(403);
    expect(await status(ann, 'GET /v2.0/OS-KSADM/services')).toBe(200);
    expect(await status(ann, 'GET /v2/1001/servers')).toBe(200);
    expect((await cloud.ask('GET /control/state')).status).toBe(200);
  });

  it('has no control call that anybody may make', () => {
    const open = routes.filter(
      ({ on, steers }) => /control|mimic|behaviors|attributes|nodes\/:node\/status|OS-KS(?:ADM\/s|CAT)/.test(on) && steers !== true,
    );
    expect(open.map(({ on }) => on.replace('/identity', ''))).toEqual(expect.arrayContaining(['GET /mimic/v1.0/presets']));
    expect(open.filter(({ on }) => !on.startsWith('GET ') || on.includes('/control'))).toEqual([]);
  });

  it('makes no users on the spot when it is told not to, and says so', async () => {
    const cloud = await servedCloud({ tokenChecks: true });
    cloud.world.identity.closedBecause = 'others can reach this cloud';
    const login = (username: string) =>
      cloud.ask('POST /v2.0/tokens', { auth: { passwordCredentials: { username, password: 'password' }, tenantId: '829409' } });
    const { status, body } = await login('mallory');
    expect([status, body.unauthorized.message]).toEqual([
      401,
      'Unable to authenticate user with credentials provided. Unknown users are not made here: others can reach this cloud.',
    ]);
    expect((await login('owner')).status).toBe(200);
    const saved = cloud.world.snapshot();
    cloud.world.restore(saved);
    expect((await login('mallory')).status).toBe(401);
    expect(cloud.world.identity.users().some(({ name }) => name === 'mallory')).toBe(false);
  });
});
