/** What `lutra serve` can be told of its simulated cloud: who there is, its faults, its region. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lutra } from './cli-process.ts';
import { startServe } from './cli-serve-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'lutra-cloud-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('the simulated cloud of lutra serve', () => {
  it('has the users, the faults and the region of the configuration; its catalog names the API byte for byte', {
    timeout: 30_000,
  }, async () => {
    const identity = file(
      'identity.yaml',
      'autoCreate: false\nusers: [{ name: ann, password: secret, tenant: 7, roles: [nova:observer] }]\n',
    );
    const faults = file('faults.yaml', '- { id: busy, when: { op: flavor.list }, do: { fault: http.5xx, params: { code: 503 } } }\n');
    const flags = ['--cloud-auth', 'on', '--cloud-identity', identity, '--cloud-faults', faults, '--cloud-region', 'DFW'];
    const serve = await startServe(...flags);
    try {
      const login = (username: string, password: string) =>
        fetch(`${serve.cloud}/v2.0/tokens`, {
          method: 'POST',
          body: JSON.stringify({ auth: { passwordCredentials: { username, password } } }),
        });
      expect((await login('owner', 'password')).status).toBe(401);
      // biome-ignore lint/suspicious/noExplicitAny: the body of an answer is whatever it is
      const { access }: any = await (await login('ann', 'secret')).json();
      const of = (name: string) => access.serviceCatalog.find((service: { name: string }) => service.name === name).endpoints[0];
      expect(of('autoscale')).toMatchObject({ region: 'DFW', publicURL: `${serve.api}/v1.0/7` });
      const headers = { 'X-Auth-Token': access.token.id };
      expect((await fetch(`${of('cloudServersOpenStack').publicURL}/servers`, { headers })).status).toBe(200);
      expect((await fetch(`${of('cloudServersOpenStack').publicURL}/flavors`, { headers })).status).toBe(503);
    } finally {
      serve.kill();
    }
  });

  it('is not started with a file that is wrong', async () => {
    const [wrong, missing] = [file('wrong.yaml', 'users: [{ name: ann }]\n'), join(folder, 'none.yaml')];
    const check = (...flags: readonly string[]) => lutra(['serve', '--check-config', ...flags]);
    const [identity, faults] = await Promise.all([check('--cloud-identity', wrong), check('--cloud-faults', missing)]);
    expect(identity).toMatchObject({ code: 2, stdout: '' });
    expect(identity?.stderr).toMatch(`config: ${wrong} (cloudIdentity): users.0.password: `);
    expect(faults).toMatchObject({ code: 2, stderr: `config: cannot read ${missing} (cloudFaults): there is no such file or folder\n` });
  });
});
