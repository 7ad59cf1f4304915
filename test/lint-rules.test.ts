import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Some code, the file it stands in (`*`: any name), and the lint rule that speaks up (`plugin`: one of lint/*.grit). */
type Case = readonly [code: string, file: string, rule: string];

const inSources = 'packages/core/src/tenant/*.ts';
const globals = 'lint/style/noRestrictedGlobals';
const imports = 'lint/style/noRestrictedImports';

const refused: readonly Case[] = [
  ['export const at = Date.now();', inSources, globals],
  ['export const at = new Date();', inSources, globals],
  ['export const at = performance.now();', inSources, globals],
  ['setTimeout(() => undefined, 1);', inSources, globals],
  ['setInterval(() => undefined, 1);', inSources, globals],
  ['setImmediate(() => undefined);', inSources, globals],
  ['export const wait = globalThis.setTimeout;', inSources, globals],
  ['export const id = crypto.randomUUID();', inSources, globals],
  ['export const format = new Intl.NumberFormat();', inSources, globals],
  ['setTimeout(() => undefined, 1);', 'packages/simulator/src/*.ts', globals],
  ['setTimeout(() => undefined, 1);', 'packages/rest/src/*.ts', globals],
  ['setTimeout(() => undefined, 1);', 'packages/cli/src/*.ts', globals],

  ["import { setTimeout as wait } from 'node:timers/promises';\nawait wait(1);", inSources, imports],
  ["import { setTimeout as wait } from 'node:timers';\nwait(() => undefined, 1);", inSources, imports],
  ["export const timers = await import('node:timers');", inSources, imports],
  ["import { randomBytes } from 'node:crypto';\nexport const secret = randomBytes(8);", inSources, imports],
  ["import { performance as clock } from 'node:perf_hooks';\nexport const at = clock.now();", inSources, imports],
  ["import { nextTick } from 'node:process';\nnextTick(() => undefined);", inSources, imports],
  ["import { timer } from 'rxjs/operators';\nexport const later = timer;", inSources, imports],
  ["import { timer } from 'rxjs/internal/observable/timer';\nexport const later = timer;", inSources, imports],
  ["export { debounceTime } from 'rxjs';", inSources, imports],
  ...[
    'debounceTime',
    'timer',
    'interval',
    'delay',
    'throttleTime',
    'auditTime',
    'sampleTime',
    'bufferTime',
    'timeout',
    'asyncScheduler',
  ].map((name): Case => [`import { ${name} } from 'rxjs';\nexport const banned = ${name};`, inSources, imports]),
  ["import * as rx from 'rxjs';\nexport const later = rx.timer;", inSources, 'plugin'],

  ['process.nextTick(() => undefined);', inSources, 'plugin'],
  ['export const at = process.hrtime.bigint();', inSources, 'plugin'],
  ['export const { hrtime } = process;', inSources, 'plugin'],
  ['export const signal = AbortSignal.timeout(1);', inSources, 'plugin'],
  ['export const chance = Math.random();', inSources, 'plugin'],
  ['export const { random } = Math;', inSources, 'plugin'],
  ['export const chance = Math.random();', 'packages/core/src/tenant/*.test.ts', 'plugin'],
  ["export const order = 'a'.localeCompare('b');", inSources, 'plugin'],
  ['export const shown = (1).toLocaleString();', inSources, 'plugin'],

  ['export const route = (res: Answer) => res.json({});', 'packages/rest/src/routes/*.ts', 'plugin'],
  ["export const route = (res: Answer) => res.status(200).send('');", 'packages/rest/src/routes/*.ts', 'plugin'],

  ["export * from './planning.ts';", inSources, 'lint/performance/noReExportAll'],
  ['export default 1;', inSources, 'lint/style/noDefaultExport'],
  ['export enum Status {\n  Active = 1,\n}', inSources, 'lint/style/noEnum'],
  ['export class Clock {\n  constructor(readonly now: number) {}\n}', inSources, 'lint/style/noParameterProperties'],
  ['export const anything: any = 1;', inSources, 'lint/suspicious/noExplicitAny'],
  ['export const first = [1][0]!;', inSources, 'lint/style/noNonNullAssertion'],
  ["console.log('heard');", inSources, 'lint/suspicious/noConsole'],
  ["import { plan } from './planning';\nexport const planned = plan;", inSources, 'lint/correctness/useImportExtensions'],
  ["import { plan } from './planning.js';\nexport const planned = plan;", inSources, 'lint/correctness/useImportExtensions'],
];

const timed = 'export const at = Date.now();\nsetTimeout(() => undefined, AbortSignal.timeout(1) ? 1 : 2);\n';

const allowed: readonly (readonly [code: string, file: string])[] = [
  [timed, 'packages/core/src/node.ts'],
  [timed, 'packages/simulator/src/virtual-clock.ts'],
  [timed, 'packages/cli/src/serve.ts'],
  [timed, 'packages/rest/src/*.test.ts'],
  [timed, 'bench/*.ts'],
  [timed, 'test/*.test.ts'],
  ['queueMicrotask(() => undefined);\n', inSources],
  ["import { debounce, map } from 'rxjs';\n\nexport const used = [debounce, map];\n", inSources],
  ["import { createHash } from 'node:crypto';\n\nexport const hash = createHash('sha256');\n", 'packages/simulator/src/*.ts'],
  ["console.log('listening');\n", 'packages/cli/src/*.ts'],
  ['export const read = (answer: Response) => answer.json();\n', 'packages/rest/src/*.test.ts'],
];

/** The rules that each file breaks, from one run of biome over all of them in a folder laid out like the repository. */
function lint(files: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const root = join(import.meta.dirname, '..');
  const folder = mkdtempSync(join(tmpdir(), 'lutra-lint-rules-'));
  try {
    copyFileSync(join(root, 'biome.jsonc'), join(folder, 'biome.jsonc'));
    cpSync(join(root, 'lint'), join(folder, 'lint'), { recursive: true });
    for (const [file, code] of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), code);
    }
    const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
    const options = ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none'];
    const { stdout, stderr } = spawnSync(process.execPath, [biome, ...options], { cwd: folder, encoding: 'utf8' });
    expect(stdout, stderr).toContain('"diagnostics"');
    const rules = new Map<string, string[]>();
    for (const { category, location } of (JSON.parse(stdout) as Report).diagnostics) {
      rules.set(location.path, [...(rules.get(location.path) ?? []), category]);
    }
    return rules;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Report {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[];
}

/** Gives each case a file of its own, and a title that is like no other. */
const named = (cases: readonly (readonly [code: string, file: string, rule?: string])[], group: string) =>
  cases.map(([code, file, rule], index) => ({
    title: `${code.replaceAll(/\s+/g, ' ')} in ${file}`,
    file: file.replace('*', `${group}-${index}`),
    code,
    rule,
  }));

describe('biome.jsonc', () => {
  const bad = named(refused, 'refused');
  const good = named(allowed, 'allowed');
  const imported = { file: inSources.replace('*', 'planning'), code: 'export const plan = 1;\n' };
  const rules = lint(new Map([...bad, ...good, imported].map(({ file, code }) => [file, code])));

  it.each(bad.map((each) => [each.title, each] as const))('refuses %s', (_, { file, rule }) =>
    expect(rules.get(file) ?? []).toContain(rule),
  );
  it.each(good.map((each) => [each.title, each] as const))('allows %s', (_, { file }) => expect(rules.get(file) ?? []).toEqual([]));
});
