/** The suites of `npm run torture`. A new one is a row of `suites`. */

/** A part of a suite's work: `count` units, of which the first has the number `from`, counted from 0. */
export interface Slice {
  readonly from: number;
  readonly count: number;
}
/** A program to run. It has passed when it ends with 0; what it reports in `report` (vitest's JSON) is counted test by test. */
export interface Job {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly report?: string;
}
export interface Suite {
  readonly name: string;
  readonly says: string;
  /** What is counted, as docs/torture.md says it after the number. Work is added up where this is the same. */
  unit(intensity: number): string;
  /** How many units there are at this intensity. */
  total(intensity: number): number;
  /** How many units one job does. Small, so that little is lost when the time is over. */
  readonly perSlice: number;
  job(slice: Slice, seed: number, intensity: number): Job;
}

/** Test files, or folders of them, in one run of vitest. */
function vitest(name: string, files: readonly string[], env: Readonly<Record<string, string>>): Job {
  const report = `reports/torture-${name}.json`;
  const args = ['run', ...files, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, '--testTimeout=3600000'];
  return { program: 'vitest', args, env, report };
}

/** From this intensity on a crash before and after every call. */
const everyPoint = 10;

export const suites: readonly Suite[] = [
  {
    name: 'crashes',
    says: 'a host is lost before or after each of its port calls',
    unit: (intensity) => {
      const points = intensity < everyPoint ? `${10 * intensity} crash points per kind of call` : 'a crash before and after every call';
      return `of ${crashParts(intensity)} parts of ${points}`;
    },
    total: crashParts,
    perSlice: 1,
    job: ({ from }, seed, intensity) =>
      vitest('crashes', ['test/crash.test.ts'], {
        CRASH_POINTS: intensity < everyPoint ? `${5 * intensity}` : 'all',
        CRASH_PART: `${from + 1}/${crashParts(intensity)}`,
        SEED: `${seed}`,
      }),
  },
  {
    name: 'scenarios',
    says: 'every scenario file with further seeds',
    unit: () => 'seeds per scenario, twice each',
    total: (intensity) => 3 * intensity,
    perSlice: 3,
    job: ({ from, count }, seed) => vitest('scenarios', ['test/scenarios.test.ts'], { SEEDS: `${count}`, SEED: `${seed + from}` }),
  },
  {
    name: 'properties',
    says: 'every property test with further runs',
    unit: () => 'runs per property',
    total: (intensity) => 100 * intensity,
    perSlice: 500, // each part also runs all tests that have no count
    job: ({ from, count }, seed) => vitest('properties', ['packages', 'test/rest'], { PROPERTY_RUNS: `${count}`, SEED: `${seed + from}` }),
  },
  {
    name: 'durability',
    says: 'a host with the embedded store is killed while it works',
    unit: () => 'kills',
    total: (intensity) => 10 * intensity,
    perSlice: 10,
    job: ({ from, count }, seed) => vitest('durability', ['test/durability.test.ts'], { KILLS: `${count}`, SEED: `${seed + from}` }),
  },
  {
    name: 'hostile',
    says: 'hostile requests at running hosts while a good client works',
    unit: () => 'hostile requests',
    total: (intensity) => 10_000 * intensity,
    perSlice: 10_000,
    job: ({ from, count }, seed) => ({
      program: 'node',
      args: ['--conditions=lutra-source', 'test/hostile/torture.ts', '--requests', `${count}`, '--seed', `${seed + from}`],
      env: {},
    }),
  },
];

/** Parts of about the size of CI's. */
function crashParts(intensity: number): number {
  return Math.min(intensity, everyPoint);
}

/** What is left of a suite's work after the first `done` units. */
export function slicesFrom(done: number, total: number, perSlice: number): readonly Slice[] {
  const slices: Slice[] = [];
  for (let from = done; from < total; from += perSlice) slices.push({ from, count: Math.min(perSlice, total - from) });
  return slices;
}

/** The suites in turn, one of each, so that all come to something when the time is short. */
export function inTurn<T>(queues: readonly (readonly T[])[]): readonly T[] {
  const longest = Math.max(0, ...queues.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue.slice(turn, turn + 1))).flat();
}
