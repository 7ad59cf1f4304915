import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@lutra/core';
import { afterAll, describe, expect, it } from 'vitest';
import { readTokens } from './authenticating.ts';
import { fileWithSecrets, readConfig } from './config.ts';
import { readInput, warnOfReaders } from './input-file.ts';
import { readYaml } from './yaml-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'lutra-input-'));
afterAll(() => rmSync(folder, { recursive: true }));
const mebibyte = 1024 * 1024;
function fileOf(text: string, name = 'some.yaml'): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
const tooLarge = 'it is larger than the limit of 1048576 bytes';

describe('readInput', () => {
  it('reads a file of a mebibyte, and no larger one', () => {
    expect(readInput(fileOf('é'.repeat(mebibyte / 2)))).toHaveLength(mebibyte / 2);
    expect(() => readInput(fileOf(`${'é'.repeat(mebibyte / 2)}.`))).toThrow(tooLarge);
  });

  it.skipIf(process.platform === 'win32')('does not read a device without an end for ever', () => {
    expect(() => readInput('/dev/zero')).toThrow(tooLarge);
  });

  it('bounds every file that lutra serve is given', () => {
    const file = fileOf('', 'large.yaml');
    truncateSync(file, 100 * mebibyte);
    expect(() => readTokens(file)).toThrow(`config: auth.tokens: ${file}: ${tooLarge}`);
    expect(() => readConfig({ flags: { config: file }, environment: {} })).toThrow(`config: cannot read ${file}: ${tooLarge}`);
  });
});

describe('readYaml', () => {
  const complain = (why: string): string => why;

  it('names the first key that stands twice in its mapping', () => {
    expect(() => readYaml(fileOf('a: { b: 1, c: 2 }\nd: { e: 1,\n  e: 2 }\n'), complain)).toThrow(
      'it is not valid YAML (DUPLICATE_KEY, line 3, column 3)',
    );
    expect(() => readYaml(fileOf('1: a\n"1": b\n'), complain)).toThrow('DUPLICATE_KEY, line 2');
    expect(readYaml(fileOf('a: { b: 1 }\nc: { b: 1 }\n'), complain)).toEqual({ a: { b: 1 }, c: { b: 1 } });
  });

  it('reads ten thousand keys in the time that ten thousand take', () => {
    const entries = Array.from({ length: 10_000 }, (_, n) => `token-${n}: { tenants: [T], roles: [admin] }\n`);
    const before = process.cpuUsage();
    expect(Object.keys(readYaml(fileOf(entries.join('')), complain) as object)).toHaveLength(10_000);
    // 5 s when each key is compared with all others; half a second otherwise
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
  });

  it('tells of what nests too deeply', () => {
    const deep = fileOf(`a: ${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(() => readYaml(deep, complain)).toThrow(/^it is not valid YAML \(/);
  });
});

describe.skipIf(process.platform === 'win32')('warnOfReaders', () => {
  const said: unknown[] = [];
  const log = { ...silentLog, warn: (fields: object, message: string) => said.push([fields, message]) };

  it('warns of a file that every user of the machine may read, and of no other', () => {
    const file = fileOf('s3cret: {}');
    for (const mode of [0o600, 0o640]) {
      chmodSync(file, mode);
      warnOfReaders(file, 'the file of tokens', log);
    }
    expect(said).toEqual([]);
    chmodSync(file, 0o644);
    warnOfReaders(file, 'the file of tokens', log);
    expect(said).toEqual([
      [{ file, mode: '644' }, 'every user of this machine may read the file of tokens, which holds secrets; chmod 600 keeps them out'],
    ]);
    warnOfReaders(join(folder, 'none'), 'the file of tokens', log);
    expect(said).toHaveLength(1);
  });
});

describe('fileWithSecrets', () => {
  it('names the file of the configuration when it holds a secret', () => {
    const of = (text: string): string | undefined => fileWithSecrets({ flags: { config: fileOf(text) }, environment: {} });
    expect(of('auth: { mode: keystone, keystone: { password: s3cret } }')).toBe(join(folder, 'some.yaml'));
    expect(of('auth: tokens')).toBeUndefined();
    expect(fileWithSecrets({ flags: {}, environment: { LUTRA_AUTH_KEYSTONE_PASSWORD: 's3cret' } })).toBeUndefined();
  });
});
