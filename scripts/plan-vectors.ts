/**
 * The vector contract of the planner: JSON lines in (`id`, `input`), JSON lines out (`id`, `steps_raw`, `steps`), streaming.
 * `--policy`: of the policies instead (`id`, `desired`, `delta` or `error`). The forms are those of the vectors' README.
 */
import { createInterface } from 'node:readline';
import { answerPlan, answerPolicy } from '@lutra/core/testing';

const answer = process.argv.includes('--policy') ? answerPolicy : answerPlan;
let pending = '';
for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  if (line.trim() === '') continue;
  pending += `${JSON.stringify(answer(JSON.parse(line)))}\n`;
  if (pending.length > 65_536) {
    if (!process.stdout.write(pending)) await new Promise((resolve) => process.stdout.once('drain', resolve));
    pending = '';
  }
}
process.stdout.write(pending);
