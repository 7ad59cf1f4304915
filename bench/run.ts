import { cpus } from 'node:os';
import { churning } from './churn.bench.ts';
import { clouding } from './cloud.bench.ts';
import { keeps, type Part, table } from './harness.ts';
import { planner } from './planner.bench.ts';
import { rest } from './rest.bench.ts';
import { storing } from './store.bench.ts';

const parts: readonly Part[] = [planner, churning, clouding, rest, storing];

const help = `usage: npm run bench -- [PART ...] [--groups=N] [--json]

Measures lutra against baselines of the same run. Without PART: all parts. --groups: one size of churn only. Exits 1 when a bound is not kept.
${parts.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}`;

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith('--'));
const groups = args.find((arg) => /^--groups=\d+$/.test(arg));
const unknown = [
  ...wanted.filter((name) => !parts.some((part) => part.name === name)),
  ...args.filter((arg) => arg.startsWith('--') && arg !== '--json' && arg !== '--help' && arg !== groups),
];
if (args.includes('--help')) console.log(help);
else if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(', ')}\n\n${help}`);
  process.exitCode = 2;
} else {
  const chosen = parts.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const report: Record<string, unknown> = {};
  for (const part of chosen) {
    const findings = await part.run({ groups: groups === undefined ? undefined : Number(groups.slice('--groups='.length)) });
    if (!findings.every(keeps)) process.exitCode = 1;
    report[part.name] = findings.map((finding) => ({ ...finding, ok: keeps(finding) }));
    if (!args.includes('--json')) console.log(`${part.name}: ${part.about}\n${table(findings)}\n`);
  }
  if (args.includes('--json')) console.log(JSON.stringify({ node: process.version, cpus: cpus().length, parts: report }, null, 2));
}
