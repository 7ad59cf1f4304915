import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Outcome, parseScenario, runScenario } from '@lutra/testbed';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = 'sim-scenarios/first-outage.yaml';

/** What a process of its own runs: the scenario file, and the outcome to standard output. */
const script = `
import { readFileSync } from 'node:fs';
import { parseScenario, runScenario } from '@lutra/testbed';
const outcome = await runScenario(parseScenario(readFileSync('${file}', 'utf8')));
process.stdout.write(JSON.stringify(outcome));
`;
async function runInProcessOfItsOwn(): Promise<Outcome> {
  const options = ['--conditions=lutra-source', '--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: root, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Outcome;
}

describe('replay of first-outage', () => {
  it('goes the same way in two processes, and comes to a good end', async () => {
    const [first, second] = await Promise.all([runInProcessOfItsOwn(), runInProcessOfItsOwn()]);
    expect(second).toEqual(first);
    expect(first.violations).toEqual([]);
    expect(first).toMatchObject({ converged: true, overshoot: 0, simulatedMs: 21_600_000 });
    expect(first.groups.map(({ name, active }) => [name, active])).toEqual([
      ['web', 18],
      ['api', 12],
      ['worker', 10],
    ]);
  });

  it("loses answers of creates, and nobody else's, in the minute of the outage", async () => {
    const { faults, calls } = await runScenario(parseScenario(readFileSync(`${root}/${file}`, 'utf8')));
    expect(faults).toEqual([{ id: 'creates-unanswered', hits: calls['server.create']?.lost }]);
    expect(faults[0]?.hits).toBeGreaterThan(5);
  });

  it('comes to a good end from other seeds too', async () => {
    for (const seed of [2, 3, 4, 5, 6]) {
      const { violations } = await runScenario(parseScenario(readFileSync(`${root}/${file}`, 'utf8')), { seed });
      expect({ seed, violations }).toEqual({ seed, violations: [] });
    }
  });
});
