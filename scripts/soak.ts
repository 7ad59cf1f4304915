/** A million calls with every fault there is, each met seldom, in virtual time: `npm run soak [-- calls [seed]]`. Fails when memory grows. */
import { soak } from '../packages/testbed/src/testing/soak.ts';

const [calls = '1000000', seed = '1'] = process.argv.slice(2);
/** Between the fifth tenth and the last. */
const mostGrowth = 20 * 2 ** 20;
const heap: number[] = [];
const began = process.hrtime.bigint();
const report = await soak(Number(calls), seed, (part) => {
  globalThis.gc?.();
  heap[part] = process.memoryUsage().heapUsed;
  process.stdout.write(`${part * 10} %: ${Math.round((heap[part] ?? 0) / 2 ** 20)} MiB\n`);
});
const took = Number(process.hrtime.bigint() - began) / 1e9;
process.stdout.write(`${JSON.stringify({ ...report, took: Math.round(took), callsPerSecond: Math.round(report.calls / took) })}\n`);
const growth = (heap[10] ?? 0) - (heap[5] ?? 0);
if (growth > mostGrowth) {
  process.stderr.write(`Memory grew by ${Math.round(growth / 2 ** 20)} MiB in the second half.\n`);
  process.exitCode = 1;
}
