import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { lutra } from './cli-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'lutra-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function configFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
const check = (...options: readonly string[]) => lutra(['serve', '--check-config', ...options]);

describe('lutra serve --check-config', () => {
  it('takes flags before the environment, that before the file, and that before the defaults', async () => {
    const file = configFile('some.yaml', 'port: 1001\nhost: 0.0.0.0\npace: realistic\noptions:\n  buildTimeout: 30m\n');
    const environment = { LUTRA_CONFIG: file, LUTRA_PORT: '1002', LUTRA_HOST: '::1', LUTRA_SEED: '' };
    const { code, stdout } = await lutra(['serve', '--check-config', '--port', '1003'], environment);
    expect(code).toBe(0);
    expect(parse(stdout)).toMatchObject({
      port: 1003,
      host: '::1',
      pace: 'realistic',
      seed: '1',
      options: { buildTimeout: '30m', watchFloor: '2s' },
    });
  });

  it('starts from a preset where the file names one', async () => {
    const { stdout } = await check('--config', configFile('preset.yaml', 'options: { preset: original, createsPerPass: 20 }\n'));
    expect(parse(stdout)).toMatchObject({
      options: { createsPerPass: 20, loadBalancerMembership: 'additive', scheduledPoliciesObeyCooldowns: true },
    });
    const { code, stderr } = await check('--config', configFile('no-preset.yaml', 'options: { preset: oldest }\n'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('config: options.preset must be one of original, got "oldest"')]);
  });

  it('prints what it would read again', async () => {
    const { stdout } = await check('--seed', '0007', '--log-level', 'debug');
    expect((await check('--config', configFile('printed.yaml', stdout))).stdout).toBe(stdout);
  });

  it('names every key that is wrong, what it is and where it was set', async () => {
    const file = configFile('wrong.yaml', 'prot: 1\npace: fast\noptions:\n  buildTimeout: soon\n  limits: { groups: -1 }\n');
    const { code, stdout, stderr } = await check('--config', file, '--port', 'abc', '--store', 'redis', '--cloud', 'openstack');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([
      'config: port must be an integer from 0 to 65535, got "abc" (from --port)',
      'config: cloud must be simulated: there is no other cloud yet, got "openstack" (from --cloud)',
      'config: store: unknown value "redis" (from --store). Use memory or sqlite:FILE.',
      `config: pace must be demo or realistic, got "fast" (in ${file})`,
      `config: options.limits.groups must be an integer of at least 0, got -1 (in ${file})`,
      `config: options.buildTimeout must be a duration above zero, such as 250ms, 90s, 10m or 1h30m, got "soon" (in ${file})`,
      `config: prot is not a key there is (in ${file})`,
    ]);
  });

  it('refuses a file that it cannot read as keys and values', async () => {
    const [missing, list, broken] = [join(folder, 'none.yaml'), configFile('list.yaml', '- a\n'), configFile('broken.yaml', 'a: [1\n')];
    const [noFile, noMapping, noYaml] = await Promise.all([missing, list, broken].map((file) => check('--config', file)));
    expect([noFile, noMapping, noYaml].map((ended) => ended?.code)).toEqual([2, 2, 2]);
    expect(noFile?.stderr).toBe(`config: cannot read ${missing}: there is no such file or folder\n`);
    expect(noMapping?.stderr).toBe(`config: ${list} must be a mapping of keys to values, such as "port: 8080"\n`);
    expect(noYaml?.stderr).toBe(`config: cannot read ${broken}: it is not valid YAML (BAD_INDENT, line 2, column 1)\n`);
  });

  it('quotes nothing that may be a secret', { timeout: 60_000 }, async () => {
    const password = 'auth:\n  keystone: { password: s3cret }\n';
    const texts = [`${password}port: 1\nport: 2\n`, `${password}a: [`, password.replace(' }', ''), `${password}a: *b\n`];
    const bomb = Array.from({ length: 9 }, (_, level) => `a${level}: &a${level} [${`*a${level - 1}, `.repeat(level && 9)}1]`).join('\n');
    for (const [index, text] of [...texts, password + bomb, 'auth: { keystone: s3cret }\n'].entries()) {
      const { code, stderr } = await check('--config', configFile(`secret-${index}.yaml`, text));
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^config: [^\n]+\n$/)]);
      expect(stderr).not.toContain('s3cret');
    }
  });

  it('takes the id of a tenant as it stands, whatever number it looks like', async () => {
    const ids = ['829409', '12345678901234567890', '1e3', '0x1F', '007'];
    const file = configFile('tenants.yaml', `limits:\n  tenants:\n${ids.map((id) => `    ${id}: { groups: 1 }\n`).join('')}`);
    const { stdout } = await check('--config', file);
    expect(Object.keys(parse(stdout, { stringKeys: true }).limits.tenants).sort()).toEqual(ids.sort());
  });
});

describe('lutra', () => {
  it('takes no address with a password in it, and never shows one', { timeout: 60_000 }, async () => {
    const url = 'https://lutra:s3cret@example.org';
    const file = configFile('url.yaml', `auth: { mode: keystone, keystone: { url: "${url}/v3" } }\n`);
    const starts = [
      ['serve', '--config', file],
      ['serve', '--public-url', url],
      ...['--public-url', '--autoscale-url'].map((flag) => ['cloud', flag, url]),
    ];
    const ends = await Promise.all(starts.map((start) => lutra(start)));
    for (const { code, stdout, stderr } of ends) {
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('must not hold a user name or a password (an "@"): ')]);
      expect(stderr).not.toMatch(/s3cret|example\.org/);
    }
  });

  it('takes names of roles from flags, and shows them as the file gives them', async () => {
    const { stdout } = await check(
      '--auth.keystone.roles.admin',
      'admin,member',
      '--auth.keystone.roles.observer',
      'reader',
      '--auth.keystone.roles.operator',
      '',
    );
    const { roles } = parse(stdout).auth.keystone;
    expect(roles).toEqual({ admin: ['admin', 'member'], observer: ['reader'], operator: [] });
    expect((await check('--config', configFile('roles.yaml', stdout))).stdout).toBe(stdout);
  });
});
