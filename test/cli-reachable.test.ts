/** The simulated cloud's own port where others than this machine can reach it, or the API that its users may use. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { World } from '@lutra/simulator';
import { afterAll, describe, expect, it } from 'vitest';
import { lutra } from './cli-process.ts';
import { startServe } from './cli-serve-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'lutra-reachable-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('lutra serve on an address that others can reach', () => {
  it('keeps the cloud on the loopback address, and makes no users on the spot', { timeout: 30_000 }, async () => {
    const serve = await startServe('--host', '0.0.0.0', '--auth', 'keystone');
    try {
      const login = (username: string) =>
        fetch(`${serve.cloud}/v2.0/tokens`, {
          method: 'POST',
          body: JSON.stringify({ auth: { passwordCredentials: { username, password: 'password' }, tenantId: '829409' } }),
        });
      const refused = await login('mallory');
      expect([refused.status, await refused.text()]).toEqual([
        401,
        expect.stringContaining('Unknown users are not made here: others than its own machine can reach this cloud.'),
      ]);
      expect((await login('owner')).status).toBe(200);
      expect(serve.cloud).toContain('//127.0.0.1:');
      expect(serve.output()).toContain('Others can reach it: unknown users are not made');
      expect(serve.output()).toContain('Some users have the password of the documents');
    } finally {
      serve.kill();
    }
  });
});

describe('lutra cloud on an address that others can reach', () => {
  it('is refused without token checks, whoever switched them off, unless that is forced', async () => {
    const world = join(folder, 'world.json');
    const open = await lutra(['cloud', '--host', '0.0.0.0', '--port', '0', '--no-auth']);
    expect(open).toMatchObject({ code: 2, stdout: '' });
    expect(open.stderr).toBe(
      'cloud: --no-auth is not allowed where others can reach the cloud (--host 0.0.0.0); --insecure allows it all the same\n',
    );
    writeFileSync(world, JSON.stringify(new World({ clock: nodeClock(), random: seededRandom(1), tokenChecks: false }).snapshot()));
    const saved = await lutra(['cloud', '--host', '0.0.0.0', '--port', '0', '--world', world]);
    expect(saved.code).toBe(2);
    expect(saved.stderr).toContain('(--world) asks nobody for a token, which is not allowed where others can reach the cloud');
  });
});
