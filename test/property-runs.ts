/** Loaded before every test: PROPERTY_RUNS and SEED set how often, and from where, properties are tried. */
import fc from 'fast-check';

const { PROPERTY_RUNS: runs, SEED: seed } = process.env;
fc.configureGlobal({
  ...(runs === undefined ? {} : { numRuns: Number(runs) }),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});
