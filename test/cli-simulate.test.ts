import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lutra } from './cli-process.ts';

const outage = 'sim-scenarios/first-outage.yaml';
const folder = mkdtempSync(join(tmpdir(), 'lutra-simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A scenario file of our own; its path. */
function scenarioFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
const small = `
name: small
duration: 20m
cloud: { pace: demo }
groups: [{ name: web, tenant: '1', desired: 2, launch: { loadBalancers: [] } }]
`;

describe('lutra simulate --json', () => {
  it('gives the same trace for the same seed in every process, and another one for another seed', { timeout: 60_000 }, async () => {
    const runs = await Promise.all(['7', '7', '8'].map((seed) => lutra(['simulate', outage, '--seed', seed, '--json'])));
    const [first, again, other] = runs.map(({ stdout }) => JSON.parse(stdout));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(first).toMatchObject({ holds: true, converged: true, overshoot: 0, violations: [], seed: '7' });
    expect(first.traceHash).toMatch(/^[0-9a-f]{64}$/);
    expect(runs[1]?.stdout).toBe(runs[0]?.stdout);
    expect(again.traceHash).toBe(first.traceHash);
    expect(other.traceHash).not.toBe(first.traceHash);
  });
});

describe('lutra simulate', () => {
  it('draws the run, tells how each group ended, and writes the trace that it hashed', async () => {
    const trace = join(folder, 'trace.ndjson');
    const { code, stdout } = await lutra(['simulate', outage, '--trace', trace]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^first-outage · seed 1 · 6 h of virtual time$/m);
    expect(stdout).toMatch(/^ 0:10:00 ─ kill-servers \(13\)$/m);
    expect(stdout).toMatch(/^ 6:00:00 {3}█{18} {2}18 {2}18 {3}0 {4}█{12} {2}12 {2}12 {3}0 {4}█{10} {2}10 {2}10 {3}0$/m);
    expect(stdout).toMatch(/^ {2}web +ACTIVE +18 +18 +0:1\d:\d\d +0$/m);
    expect(stdout.trimEnd()).toMatch(/Every expectation holds\.$/);
    const hash = createHash('sha256').update(readFileSync(trace)).digest('hex');
    expect(stdout).toContain(`trace hash ${hash}\n`);
    const events = /^([\d,]+) events in /m.exec(stdout)?.[1]?.replaceAll(',', '');
    const lines = readFileSync(trace, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(Number(events));
    expect(lines.map((line) => typeof JSON.parse(line).at)).not.toContain('undefined');
  });

  it('prints what the README shows of it', async () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const [, shown] = /^\$ npx lutra simulate sim-scenarios\/first-outage\.yaml --seed 42\n(.*?)\n```$/ms.exec(readme) ?? [];
    const { stdout } = await lutra(['simulate', outage, '--seed', '42']);
    const withoutSpeed = (text = '') => text.replace(/ in [\d.,]+ s, [\d,]+ times as fast as real time$/m, '');
    expect(withoutSpeed(shown), 'run npm run docs').toBe(withoutSpeed(stdout.trimEnd()));
  });

  it('ends with 1 and the line that repeats the run when an expectation does not hold', async () => {
    const file = scenarioFile('hopeless.yaml', `${small}expect: { convergedBy: 1s }\n`);
    const { code, stdout } = await lutra(['simulate', file, '--seed', 'a b']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^1 violation:\n {2}0:20:00 {2}converged-by: web: /m);
    expect(stdout).toContain(`Repeat it: npx lutra simulate ${file} --seed 'a b'\n`);
  });

  it('ends with 2 and names file and key when the scenario cannot be used', async () => {
    const wrong = scenarioFile('wrong.yaml', `${small}timeline: [{ at: soon, do: pause, group: web }]\n`);
    const unclosed = scenarioFile('unclosed.yaml', 'name: [small\n');
    const [missing, folderGiven, badKey, badYaml] = await Promise.all(
      [join(folder, 'none.yaml'), folder, wrong, unclosed].map((file) => lutra(['simulate', file])),
    );
    expect([missing, folderGiven, badKey, badYaml].map((ended) => ended?.code)).toEqual([2, 2, 2, 2]);
    expect(missing?.stderr).toBe(`simulate: cannot read ${join(folder, 'none.yaml')}: there is no such file or folder\n`);
    expect(folderGiven?.stderr).toBe(`simulate: cannot read ${folder}: it is a folder\n`);
    expect(badKey?.stderr).toMatch(`simulate: ${wrong} cannot be used:\n  timeline[0].at: expected a duration`);
    expect(badYaml?.stderr).toMatch(`simulate: ${unclosed} cannot be used:\n  `);
  });
});

describe('lutra', () => {
  it('suggests a command and a flag for what it does not know', async () => {
    const [command, flag] = await Promise.all([lutra(['simlate']), lutra(['simulate', outage, '--sed', '7'])]);
    expect(command).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean simulate?') });
    expect(flag).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean --seed?') });
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../packages/cli/package.json', import.meta.url), 'utf8'));
    expect(await lutra(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});
