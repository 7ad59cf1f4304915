/** Tries mutants one by one: a mutant that the layer named in it does not notice is a hole in the tests. Prints a table. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { equivalents } from './equivalents.ts';
import { mutants } from './list.ts';
import { editsOf, type Mutant, mutantOf, mutate } from './mutate.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vectors = join(root, '../shared/vectors/plan.jsonl.gz');
const comparer = join(root, '../shared/tools/compare-plans.py');
/** What fails here is no failure of the run that this is a step of. */
const { REPORT: _, ...withoutReport } = process.env;
/** Longer than the slowest suite takes; a mutant that hangs it is found. */
const patience = 600_000;

const help = `usage: npm run mutants -- [NAME...] [--cheapest N] [--seeds N] [--json] [--list]

Breaks the project on purpose, one mutant after the other, and runs the tests that must notice. Without names: all mutants.
  --cheapest N   only the N mutants that are marked as cheap, which CI runs
  --layer L      only those that this layer must find: unit, property, scenario, crash, vectors
  --seeds N      seeds of a scenario (default 5)
  --json         print one JSON document in place of the table
  --list         name the mutants with what they break, and end

Exit code: 0 when all were found or are explained as equivalent, 1 when one was not, 2 when a mutant cannot be made.`;

type Verdict = 'found' | 'survived' | 'equivalent' | 'skipped';
interface Tried {
  readonly name: string;
  readonly rule: string;
  readonly by: string;
  readonly verdict: Verdict;
  readonly seconds: number;
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cheapest: { type: 'string' },
      layer: { type: 'string' },
      seeds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const all = positionals.length === 0 ? mutants : positionals.map((name) => mutantOf(mutants, name));
  const named = values.layer === undefined ? all : all.filter(({ layer }) => layer === values.layer);
  const [most, seeds] = [wholeNumber('--cheapest', values.cheapest ?? '1'), wholeNumber('--seeds', values.seeds)];
  const chosen = values.cheapest === undefined ? named : named.filter(({ cheap }) => cheap === true).slice(0, most);
  if (chosen.length === 0) throw new Error(`no mutant is chosen by --layer ${values.layer ?? ''}: the layers are ${layers.join(', ')}`);
  if (values.list) {
    for (const { name, rule } of chosen) console.log(`${name.padEnd(44)} ${rule}`);
    return 0;
  }
  for (const mutant of mutants) for (const { file } of editsOf(mutant)) mutate(readFileSync(join(root, file), 'utf8'), file, mutant); // all of them can be made
  const tried = chosen.map((mutant, index) => {
    if (!values.json && process.stderr.isTTY) process.stderr.write(`${index + 1} of ${chosen.length}: ${mutant.name}\r\u001b[K`);
    const one = tryOne(mutant, seeds);
    if (!values.json) console.log(rowOf(one));
    return one;
  });
  const count = (verdict: Verdict): number => tried.filter((one) => one.verdict === verdict).length;
  if (values.json) console.log(JSON.stringify(tried, undefined, 2));
  else
    console.log(
      `${count('found')} found, ${count('survived')} survived, ${count('equivalent')} equivalent, ${count('skipped')} skipped, of ${tried.length}`,
    );
  return count('survived') === 0 ? 0 : 1;
}

/** The layers of the list. */
const layers = [...new Set(mutants.map(({ layer }) => layer))];

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${flag} must be a whole number from 1, got "${text}"`);
  return number;
}

const rowOf = ({ name, rule, by, verdict, seconds }: Tried): string =>
  `${verdict.padEnd(10)} ${name.padEnd(44)} ${rule.padEnd(16)} ${by.padEnd(56)} ${seconds.toFixed(1)} s`;

/** Runs what must notice the mutant. It has noticed when it fails though it was shown the mutant. */
function tryOne(mutant: Mutant, seeds: number): Tried {
  const folder = mkdtempSync(join(tmpdir(), 'lutra-mutant-'));
  const seen = join(folder, 'seen');
  const begun = performance.now();
  try {
    const failed = run(mutant, seeds, { ...withoutReport, LUTRA_MUTANT: mutant.name, LUTRA_MUTANT_SEEN: seen, CI: 'true' });
    if (failed !== undefined && !existsSync(seen))
      throw new Error(`${mutant.name}: ${mutant.by ?? mutant.layer} does not load ${mutant.file}`);
    const isEquivalent = equivalents[mutant.name] !== undefined;
    const verdict = failed === undefined ? 'skipped' : failed ? 'found' : isEquivalent ? 'equivalent' : 'survived';
    const { name, rule, layer, by } = mutant;
    return { name, rule, by: by ?? layer, verdict, seconds: (performance.now() - begun) / 1000 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether what must notice fails; undefined = it is not at hand. */
function run({ name, layer, by = '', only }: Mutant, seeds: number, env: NodeJS.ProcessEnv): boolean | undefined {
  const node = (args: readonly string[], input?: Buffer): { readonly status: number | null; readonly stdout: Buffer } => {
    const ended = spawnSync(process.execPath, ['--conditions=lutra-source', ...args], {
      cwd: root,
      env,
      timeout: patience,
      maxBuffer: 1 << 30,
      ...(input === undefined ? {} : { input }),
    });
    const said = `${ended.stdout}${ended.stderr}`;
    if (/SyntaxError|Transform failed/.test(said)) throw new Error(`${name} is no program:\n${said.slice(-2000)}`);
    return ended;
  };
  if (layer === 'scenario')
    return node(['--import', './test/mutants/register.ts', 'test/mutants/run-scenario.ts', by, `${seeds}`]).status !== 0;
  if (layer === 'vectors') {
    if (!existsSync(vectors)) return undefined;
    const lines = spawnSync('zcat', [vectors], { maxBuffer: 1 << 30 }).stdout;
    const { status, stdout } = node(['--import', './test/mutants/register.ts', 'scripts/plan-vectors.ts'], lines);
    if (status !== 0) return true;
    return spawnSync('python3', [comparer, vectors, '/dev/stdin'], { input: stdout, cwd: root }).status !== 0;
  }
  const names = only === undefined ? [] : ['-t', only];
  return node(['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--bail', '1', by, ...names]).status !== 0;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`mutants: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
