import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** Stands in for lutra: says how it was started, then waits to be told to stop, and ends as its first argument asks. */
const program = `
process.on('SIGTERM', () => { console.log('stopping'); process.exit(Number(process.argv[2])); });
console.log(JSON.stringify({ pid: process.pid, conditions: process.execArgv, arguments: process.argv.slice(2) }));
if (process.argv[3] === 'stay') setInterval(() => undefined, 1_000); else process.exitCode = Number(process.argv[2]);
`;

describe('bin/lutra.js', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lutra-launcher-'));
  cpSync(join(import.meta.dirname, '../packages/cli/bin'), join(folder, 'bin'), { recursive: true });
  for (const file of ['src/index.ts', 'dist/index.js']) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), program);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = (...options: readonly string[]) =>
    spawn(process.execPath, [join(folder, 'bin/lutra.js'), ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
  const firstWords = async (child: ChildProcess): Promise<string> => String((await once(child.stdout ?? child, 'data'))[0]);

  it('runs the sources of a checkout under their condition, passing on arguments and exit code', async () => {
    const child = start('7', 'plan');
    const [said, [code]] = await Promise.all([firstWords(child), once(child, 'exit')]);
    expect(JSON.parse(said)).toMatchObject({ conditions: ['--conditions=lutra-source'], arguments: ['7', 'plan'] });
    expect(code).toBe(7);
  });

  it('passes SIGTERM on and ends only when lutra has ended, leaving no process behind', async () => {
    const child = start('3', 'stay');
    const { pid } = JSON.parse(await firstWords(child));
    child.kill('SIGTERM');
    const [said, [code]] = await Promise.all([firstWords(child), once(child, 'exit')]);
    expect(said).toContain('stopping');
    expect(code).toBe(3);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('runs dist where there are no sources', async () => {
    rmSync(join(folder, 'src'), { recursive: true });
    const child = start('0');
    const [said, [code]] = await Promise.all([firstWords(child), once(child, 'exit')]);
    expect(JSON.parse(said)).toMatchObject({ conditions: [], arguments: ['0'] });
    expect(code).toBe(0);
  });
});
