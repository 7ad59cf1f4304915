/**
 * Loaded into a host by `NODE_OPTIONS=--import=...`: on SIGUSR2 it collects all garbage and writes what is then in use to stderr, as one
 * line that begins with `memory-probe`.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  collect();
  collect(); // what finalizers let go of in the first round
  const { heapUsed, external } = process.memoryUsage();
  process.stderr.write(`memory-probe ${JSON.stringify({ bytes: heapUsed + external })}\n`);
});
