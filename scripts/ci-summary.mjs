// Adds up what .ci/run really ran: the tests of every report that vitest wrote, and one for each step without a report.
// Prints "N passed, N failed", and ", N skipped" when there are any; exits 1 when something failed or nothing passed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `status`: exit status of the step, or `skipped`. @returns {{passed: number, failed: number, skipped: number}} */
function outcomeOf(reports, name, status) {
  if (status === 'skipped') return { passed: 0, failed: 0, skipped: 1 };
  const file = join(reports, `${name}.json`);
  const ended = { passed: status === '0' ? 1 : 0, failed: status === '0' ? 0 : 1, skipped: 0 };
  if (!existsSync(file)) return ended;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
  // A file that did not load has no failed test, and an error outside every file shows only in the exit status.
  const notLoaded = testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0).length;
  return { passed: numPassedTests, failed: Math.max(numFailedTests + notLoaded, ended.failed), skipped: numPendingTests + numTodoTests };
}

const reports = process.argv[2] ?? 'reports';
const steps = readFileSync(join(reports, 'steps.txt'), 'utf8').trim().split('\n');
const sum = { passed: 0, failed: 0, skipped: 0 };
for (const step of steps) {
  const [name, status] = step.split(' ');
  const outcome = outcomeOf(reports, name, status);
  for (const kind of Object.keys(sum)) sum[kind] += outcome[kind];
  if (outcome.failed > 0) console.log(`failed: ${name}`);
}
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`);
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
