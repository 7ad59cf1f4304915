/** Runs a scenario file with seeds 1 to N, once each, and ends with 1 at the first that does not hold. */
import { readFileSync } from 'node:fs';
import { parseScenario, runScenario } from '@lutra/testbed';

const [file = '', seeds = '3'] = process.argv.slice(2);
const scenario = parseScenario(readFileSync(file, 'utf8'));
for (let seed = 1; seed <= Number(seeds); seed += 1) {
  const { violations } = await runScenario(scenario, { seed: String(seed) });
  const [first] = violations;
  if (first === undefined) continue;
  console.log(`seed ${seed}: ${JSON.stringify(first)}`);
  process.exit(1);
}
