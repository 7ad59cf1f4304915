import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { asMutant, chosen } from './test/mutants/chosen.ts';

/** Packages are tested as their sources are, never as a dist that may be stale. */
const condition = 'lutra-source';

/** Suites that take their time, by name: run by CI beside `npm test`, and by hand with `npm run unit -- --project NAME`. */
const slow: Readonly<Record<string, readonly string[]>> = {
  // Each a half of the scenarios, so that two cores share them.
  'scenarios-1': ['test/scenarios.test.ts'],
  'scenarios-2': ['test/scenarios.test.ts'],
  // Needs Chromium: Debian's package of that name.
  browser: ['test/browser/*.test.ts'],
};

/** Which part of its file a project runs: `scenarios-2` the second. */
const partOf = (name: string): Readonly<Record<string, string>> => (/^scenarios-\d$/.test(name) ? { SCENARIOS_PART: name.slice(-1) } : {});

const project = (name: string, include: readonly string[], exclude: readonly string[] = []): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include: [...include], exclude: ['**/node_modules/**', ...exclude], env: partOf(name) },
});

/** Set by .ci/run, which adds up the reports of its steps. */
const { REPORT: report } = process.env;

/** Shows the tests the modules as the mutant has them that LUTRA_MUTANT of the environment names. */
const mutant = { name: 'mutant', enforce: 'pre', transform: (code: string, id: string) => asMutant(id, code) } as const;

export default defineConfig({
  plugins: [mutant],
  resolve: { conditions: [condition] },
  ssr: { resolve: { conditions: [condition] } },
  test: {
    // A mutant is neither taken from the modules of other runs nor left to them.
    fsModuleCache: chosen === undefined,
    setupFiles: ['test/property-runs.ts'],
    projects: [
      project('unit', ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/*.test.ts'], Object.values(slow).flat()),
      ...Object.entries(slow).map(([name, files]) => project(name, files)),
    ],
    // For what a test starts or loads by Node itself: child processes and workers inherit these.
    execArgv: [`--conditions=${condition}`],
    pool: 'forks',
    // All cores: the default leaves one of them idle, which is half of a machine with two.
    maxWorkers: '100%',
    ...(report === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: `reports/${report}.json` } }),
    // A failing property names its seed; a test that hangs names itself.
    testTimeout: 20_000,
  },
});
