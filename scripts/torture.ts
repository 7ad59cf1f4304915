/**
 * The tests of CI with larger counts: more crash points, more seeds, more runs of every property. A suite's work is done in slices, and
 * how far it has come is kept in `stateFile`, so that a run that was ended is gone on with by `--resume`. Prints a summary; `--record`
 * adds it to docs/torture.md as well.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  addRow,
  asRecorded,
  nothing,
  progressKey,
  progressOf,
  readRow,
  sum,
  type Tally,
  type TortureState,
  tableHead,
  withSlice,
  writeRow,
} from './torture-record.ts';
import { inTurn, type Job, type Slice, type Suite, slicesFrom, suites } from './torture-suites.ts';

const stateFile = 'reports/torture-state.json';
const recordFile = 'docs/torture.md';

const list = suites.map(({ name, says }) => `  ${name.padEnd(12)} ${says}`).join('\n');
const help = `usage: npm run torture -- [SUITE...] [--intensity N] [--minutes M] [--resume] [--seed N] [--record] [--list]

Runs the suites (default: all) with N times the counts of CI.
  --intensity N  times the counts of CI (default 10)
  --minutes M    end after M minutes, also when parts are left; the suites take turns
  --resume       go on where the last run of the same suites, commit and seed stopped
  --seed N       base of the seeds (default: from the commit)
  --record       add what was done to ${recordFile}: one row for each suite and commit
  --list         name the suites, and end

suites:
${list}`;

/** A suite of this run. */
interface Entry {
  readonly suite: Suite;
  readonly unit: string;
  readonly total: number;
  readonly key: string;
}
interface Wanted {
  readonly entries: readonly Entry[];
  readonly intensity: number;
  readonly minutes: number;
  readonly commit: string;
  readonly seed: number;
  readonly resume: boolean;
  readonly record: boolean;
}

class UsageError extends Error {
  override readonly name = 'UsageError';
}

function main(): number {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        intensity: { type: 'string', default: '10' },
        minutes: { type: 'string' },
        seed: { type: 'string' },
        resume: { type: 'boolean', default: false },
        record: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help || values.list) {
      console.log(values.help ? help : list);
      return 0;
    }
    return torture(wantedOf(values, positionals));
  } catch (error) {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error); // parseArgs throws those
    if (!isUsage) throw error;
    console.error(`torture: ${error.message}\n\n${help}`);
    return 2;
  }
}

interface Flags {
  readonly intensity: string;
  readonly minutes?: string;
  readonly seed?: string;
  readonly resume: boolean;
  readonly record: boolean;
}

function wantedOf({ intensity: times, minutes: most, seed: base, resume, record }: Flags, names: readonly string[]): Wanted {
  const intensity = wholeNumber('--intensity', times, 1);
  const minutes = most === undefined ? Number.POSITIVE_INFINITY : wholeNumber('--minutes', most, 1);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const seed = base === undefined ? Number.parseInt(commit.slice(0, 6), 16) : wholeNumber('--seed', base, 0);
  const unknown = names.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) throw new UsageError(`there is no suite "${unknown}"`);
  const chosen = suites.filter(({ name }) => names.length === 0 || names.includes(name));
  const entries = chosen.map((suite): Entry => {
    const unit = suite.unit(intensity);
    return { suite, unit, total: suite.total(intensity), key: progressKey(suite.name, unit, commit, seed) };
  });
  if (record && !resume) refuseRepetition(entries, commit, seed);
  return { entries, intensity, minutes, commit, seed, resume, record };
}

function wholeNumber(flag: string, text: string, least: number): number {
  const number = Number(text);
  if (text === '' || !Number.isSafeInteger(number) || number < least) {
    throw new UsageError(`${flag} must be a whole number from ${least}, got "${text}"`);
  }
  return number;
}

/** The same work done twice is not added up. */
function refuseRepetition(entries: readonly Entry[], commit: string, seed: number): void {
  const rows = recorded()
    .split('\n')
    .flatMap((line) => readRow(line) ?? []);
  for (const { suite, unit } of entries) {
    const there = rows.some(
      (row) => row.suite === suite.name && row.commit === commit && row.unit === unit && row.seeds.includes(`${seed}`),
    );
    if (there)
      throw new UsageError(
        `${recordFile} has ${suite.name} of ${commit} with seed ${seed} already: go on with --resume, or give another --seed`,
      );
  }
}

function torture({ entries, intensity, minutes, commit, seed, resume, record }: Wanted): number {
  mkdirSync('reports', { recursive: true });
  let state = readState();
  if (!resume) for (const { key } of entries) state = { ...state, [key]: { done: 0, unrecorded: nothing } };
  const end = performance.now() + minutes * 60_000;
  const now = new Map<Entry, Tally>();
  const queues = entries.map((entry) =>
    slicesFrom(progressOf(state, entry.key).done, entry.total, entry.suite.perSlice).map((slice) => ({ entry, slice })),
  );
  for (const { entry, slice } of inTurn(queues)) {
    const left = end - performance.now();
    const tally = left <= 0 ? undefined : runSlice(entry, slice, entry.suite.job(slice, seed, intensity), left);
    if (tally === undefined) break; // the time is over
    now.set(entry, sum(now.get(entry) ?? nothing, tally));
    state = withSlice(state, entry.key, tally);
    writeState(state);
  }
  console.log(`\n${tableHead}`);
  for (const [{ suite, unit }, tally] of now) console.log(writeRow({ suite: suite.name, unit, seeds: [`${seed}`], commit, ...tally }));
  for (const { suite, unit, total, key } of entries)
    console.log(`${suite.name}: ${progressOf(state, key).done} of ${total} done (${unit})`);
  if (record) recordAll(entries, state, commit, seed);
  return [...now.values()].some(({ failed }) => failed > 0) ? 1 : 0;
}

/** Runs a slice; undefined when the time was over before its end. */
function runSlice({ suite, unit, total }: Entry, slice: Slice, { program, args, env, report }: Job, left: number): Tally | undefined {
  console.log(`--- ${suite.name}: ${slice.from + 1} to ${slice.from + slice.count} of ${total} (${unit})`);
  if (report !== undefined) rmSync(report, { force: true });
  const begun = performance.now();
  const timeout = Number.isFinite(left) ? { timeout: Math.ceil(left) } : {};
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, ...env }, ...timeout });
  if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT') {
    console.log(`--- ${suite.name}: the time is over; this part does not count`);
    return undefined;
  }
  const tally = { units: slice.count, seconds: Math.round((performance.now() - begun) / 1000), ...cameTo(report, status) };
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  if (tally.failed > 0) console.log(`--- ${suite.name}: failed; again with: ${[...settings, 'npx', program, ...args].join(' ')}`);
  return tally;
}

/** What the report says; a run that should have one and has none has failed. */
function cameTo(report: string | undefined, status: number | null): Pick<Tally, 'passed' | 'failed'> {
  const ended = { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
  if (report === undefined) return ended;
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as { numPassedTests: number; numFailedTests: number };
  return { passed: numPassedTests, failed: Math.max(numFailedTests, ended.failed) };
}

function recordAll(entries: readonly Entry[], before: TortureState, commit: string, seed: number): void {
  let state = before;
  for (const { suite, unit, key } of entries) {
    const { unrecorded } = progressOf(state, key);
    if (unrecorded.units === 0) continue;
    writeFileSync(recordFile, addRow(recorded(), { suite: suite.name, unit, seeds: [`${seed}`], commit, ...unrecorded }));
    state = asRecorded(state, key);
    writeState(state);
  }
}

const recorded = (): string => readFileSync(recordFile, 'utf8');

const readState = (): TortureState => (existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, 'utf8')) as TortureState) : {});

/** In one step, so that a run that is ended meanwhile leaves the state before or after. */
function writeState(state: TortureState): void {
  writeFileSync(`${stateFile}.new`, JSON.stringify(state));
  renameSync(`${stateFile}.new`, stateFile);
}

process.exitCode = main();
