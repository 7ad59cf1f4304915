/** `lutra serve` that asks for tokens, in a process of its own. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lutra } from './cli-process.ts';
import { startServe, until } from './cli-serve-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'lutra-auth-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'tokens.yaml');

describe('lutra serve --auth tokens', () => {
  it('lets in whom the file names, reads it again on SIGHUP, and keeps what it has when the file is wrong', async () => {
    writeFileSync(file, 'tok-one: { tenants: [829409], roles: [admin] }\n', { mode: 0o600 });
    const serve = await startServe('--auth', 'tokens', '--auth.tokens', file, '--limits.groups', '0');
    try {
      const status = async (token: string, tenant = '829409') =>
        (await fetch(`${serve.api}/v1.0/${tenant}/groups`, { headers: { 'X-Auth-Token': token } })).status;
      expect([await status('tok-one'), await status('tok-two'), await status('tok-one', '829410')]).toEqual([200, 401, 403]);
      const limits = await fetch(`${serve.api}/v1.0/829409/limits`, { headers: { 'X-Auth-Token': 'tok-one' } });
      expect(await limits.json()).toMatchObject({ limits: { rate: [], absolute: { maxGroups: 0 } } });
      writeFileSync(file, 'tok-two: { tenants: ["829409"], roles: [observer] }\n');
      serve.child.kill('SIGHUP');
      await until(
        'the second token is good',
        () => status('tok-two'),
        (seen) => seen === 200,
      );
      expect(await status('tok-one')).toBe(401);
      if (process.platform !== 'win32') {
        expect(serve.output()).not.toContain('may read the file of tokens');
        chmodSync(file, 0o644);
        const warned = (output: string): boolean => output.includes('every user of this machine may read the file of tokens');
        await until('readers are warned of', async () => serve.output(), warned);
      }
      writeFileSync(file, 'tok-three: nothing\n');
      serve.child.kill('SIGHUP');
      await until(
        'the file is complained of',
        async () => serve.output(),
        (output) => output.includes('is not good'),
      );
      expect([await status('tok-two'), await status('tok-three')]).toEqual([200, 401]);
      for (const token of ['tok-one', 'tok-two', 'tok-three']) expect(serve.output()).not.toContain(token);
    } finally {
      serve.kill();
    }
  });

  it('takes tokens and tenants as they stand, whatever numbers they look like', async () => {
    const tokens = ['123e456', '12345678901234567890', '0x1F'].map((token) => `${token}: { tenants: [T], roles: [admin] }\n`);
    writeFileSync(file, `${tokens.join('')}a: { tenants: [007, 1e3, 12345678901234567890], roles: [admin] }\n`);
    const serve = await startServe('--auth', 'tokens', '--auth.tokens', file);
    try {
      for (const [token, status] of [
        ['123e456', 200],
        ['12345678901234567890', 200],
        ['0x1F', 200],
        ['Infinity', 401],
        ['12345678901234567000', 401],
        ['31', 401],
      ] as const) {
        const res = await fetch(`${serve.api}/v1.0/T/groups`, { headers: { 'X-Auth-Token': token } });
        expect([token, res.status]).toEqual([token, status]);
      }
      for (const [tenant, status] of [
        ['007', 200],
        ['1e3', 200],
        ['12345678901234567890', 200],
        ['7', 403],
        ['1000', 403],
      ] as const) {
        const res = await fetch(`${serve.api}/v1.0/${tenant}/groups`, { headers: { 'X-Auth-Token': 'a' } });
        expect([tenant, res.status]).toEqual([tenant, status]);
      }
    } finally {
      serve.kill();
    }
  });

  it('does not start without a good file, and never quotes it', async () => {
    for (const [content, why] of [
      ['s3cret: [', 'it is not valid YAML ('],
      ['s3cret: {}', 'entry 1: tenants must be a list of tenant ids; roles must be a list of roles'],
    ]) {
      writeFileSync(file, content ?? '');
      const { code, stderr } = await lutra(['serve', '--check-config', '--auth', 'tokens', '--auth.tokens', file]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(`config: auth.tokens: ${file}: ${why}`)]);
      expect(stderr).not.toContain('s3cret');
    }
    const missing = join(folder, 'none');
    const { stderr } = await lutra(['serve', '--check-config'], { LUTRA_AUTH: 'tokens', LUTRA_AUTH_TOKENS: missing });
    expect(stderr).toBe(`config: auth.tokens: ${missing}: there is no such file or folder\n`);
  });
});
