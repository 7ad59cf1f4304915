/**
 * The tests of CI with larger counts: more crash points, more seeds, more runs of every property. Each count is a small one times
 * `--intensity`. Prints a summary; `--record` adds it to docs/torture.md as well.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';

const help = `usage: npm run torture -- [--intensity N] [--seed N] [--record]

Runs the suites that have counts, with N times the counts of CI (default 10).
  --seed N     base of the seeds (default: from the commit)
  --record     add the summary to docs/torture.md`;

const { values } = parseArgs({
  options: {
    intensity: { type: 'string', default: '10' },
    seed: { type: 'string' },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const intensity = Number(values.intensity);
if (values.help) console.log(help);
else if (!Number.isInteger(intensity) || intensity < 1) {
  console.error(`torture: --intensity must be a whole number from 1, got "${values.intensity}"\n\n${help}`);
  process.exitCode = 2;
} else process.exitCode = torture(intensity, values.seed, values.record);

interface Suite {
  readonly name: string;
  readonly files: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly counts: string;
}

function torture(times: number, seedGiven: string | undefined, record: boolean): number {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const seed = seedGiven ?? `${Number.parseInt(commit.slice(0, 6), 16)}`;
  const suites: readonly Suite[] = [
    {
      name: 'crashes',
      files: ['test/crash.test.ts'],
      env: { CRASH_POINTS: times < 10 ? `${5 * times}` : 'all' },
      counts: times < 10 ? `${10 * times} crash points per kind of call` : 'a crash before and after every call',
    },
    {
      name: 'scenarios',
      files: ['test/scenarios.test.ts'],
      env: { SEEDS: `${3 * times}` },
      counts: `${3 * times} seeds per scenario, twice each`,
    },
    {
      name: 'properties',
      files: ['packages', 'test/rest'],
      env: { PROPERTY_RUNS: `${100 * times}` },
      counts: `${100 * times} runs per property`,
    },
  ];
  const rows: string[] = [];
  let failed = 0;
  for (const { name, files, env, counts } of suites) {
    console.log(`--- ${name}: ${counts}, seed ${seed}`);
    const report = `reports/torture-${name}.json`;
    rmSync(report, { force: true });
    const begun = performance.now();
    const args = ['run', ...files, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, '--testTimeout=3600000'];
    const { status } = spawnSync('vitest', args, { stdio: 'inherit', env: { ...process.env, ...env, SEED: seed } });
    const took = Math.round((performance.now() - begun) / 1000);
    const { passed, broken } = countsOf(report, status);
    failed += broken;
    rows.push(`| ${commit} | ${name} | ${counts} | ${seed} | ${took} s | ${passed} passed, ${broken} failed |`);
  }
  console.log(`\n| commit | suite | counts | seed | duration | result |\n|---|---|---|---|---|---|\n${rows.join('\n')}`);
  if (record) appendFileSync('docs/torture.md', `${rows.join('\n')}\n`);
  return failed === 0 ? 0 : 1;
}

/** What vitest's report says; a run without one has failed. */
function countsOf(report: string, status: number | null): { readonly passed: number; readonly broken: number } {
  if (!existsSync(report)) return { passed: 0, broken: 1 };
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as { numPassedTests: number; numFailedTests: number };
  return { passed: numPassedTests, broken: Math.max(numFailedTests, status === 0 ? 0 : 1) };
}
