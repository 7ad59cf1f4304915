import { defineConfig } from 'vitest/config';

/** Packages are tested as their sources are, never as a dist that may be stale. */
const condition = 'lutra-source';

export default defineConfig({
  resolve: { conditions: [condition] },
  ssr: { resolve: { conditions: [condition] } },
  test: {
    setupFiles: ['test/property-runs.ts'],
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // For what a test starts or loads by Node itself: child processes and workers inherit these.
    execArgv: [`--conditions=${condition}`],
    pool: 'forks',
    // The report that .ci/run adds up.
    ...(process.env.CI === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: 'reports/test.json' } }),
    // A failing property names its seed; a test that hangs names itself.
    testTimeout: 20_000,
  },
});
