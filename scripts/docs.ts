/** Writes what is made from the code: `npm run docs`. The pages of faults and options, the statechart of a group, and the replayed outage of the README. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultPage } from '@lutra/testbed';
import { optionPage } from '../packages/cli/src/option-page.ts';
import { withStatechart } from './statechart.ts';

const root = join(import.meta.dirname, '..');
writeFileSync(join(root, 'docs/faults.md'), faultPage());
writeFileSync(join(root, 'docs/options.md'), optionPage());
const architecture = join(root, 'docs/architecture.md');
writeFileSync(architecture, withStatechart(readFileSync(architecture, 'utf8')));

// The block after this mark, which says nothing else that could differ from run to run than how long the run took.
const mark = '<!-- written by npm run docs: -->\n';
const command = ['simulate', 'sim-scenarios/first-outage.yaml', '--seed', '42'];
const shown = execFileSync(process.execPath, ['packages/cli/bin/lutra.js', ...command], { cwd: root, encoding: 'utf8' });
const readme = join(root, 'README.md');
const text = readFileSync(readme, 'utf8');
const begin = text.indexOf(mark) + mark.length;
const end = text.indexOf('\n```\n', begin);
if (begin < mark.length || end < begin) throw new Error(`README.md has no block after ${mark}`);
const block = `\`\`\`console\n$ npx lutra ${command.join(' ')}\n${shown.trimEnd()}`;
writeFileSync(readme, text.slice(0, begin) + block + text.slice(end));
