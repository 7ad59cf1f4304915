import type { Sample } from '@lutra/testbed';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawTimeline, type TimelineFacts } from './timeline.ts';

const minute = 60_000;
const sample = (at: number, counts: Partial<Sample> = {}): Sample => ({
  at,
  group: 'web',
  desired: 4,
  active: 4,
  pending: 0,
  failed: 0,
  leaving: 0,
  status: 'ACTIVE',
  ...counts,
});
const facts = (samples: readonly Sample[], rest: Partial<TimelineFacts> = {}): TimelineFacts => ({
  groups: ['web'],
  samples,
  happenings: [],
  duration: 60 * minute,
  width: 100,
  ...rest,
});

describe('drawTimeline', () => {
  it('draws a row for each change and one for the end, with what happened between them', () => {
    const samples = [
      sample(1000, { active: 0, pending: 4 }),
      sample(2 * minute),
      sample(10 * minute, { active: 1, failed: 2 }),
      sample(12 * minute),
    ];
    const lines = drawTimeline(facts(samples, { happenings: [{ at: 10 * minute, text: 'kill-servers (3)' }] }));
    expect(lines.slice(0, 8)).toEqual([
      '    time   web',
      '                des act pend',
      ' 0:00:01   ▒▒▒▒   4   0   4',
      ' 0:02:00   ████   4   4   0',
      ' 0:10:00 ─ kill-servers (3)',
      ' 0:10:00   █✗✗·   4   1   0',
      ' 0:12:00   ████   4   4   0',
      ' 1:00:00   ████   4   4   0',
    ]);
  });

  it('marks a group in ERROR, and leaves a group blank that is not there yet', () => {
    const samples = [sample(1000, { status: 'ERROR', active: 0 }), sample(2000, { group: 'api' })];
    const [, , first, second] = drawTimeline(facts(samples, { groups: ['web', 'api'] }));
    expect(first).toBe(' 0:00:01   ····   4   0   0!');
    expect(second).toBe(' 0:00:02   ····   4   0   0!   ████   4   4   0');
  });

  it('puts groups that do not fit below each other, and says how many are left out', () => {
    const groups = Array.from({ length: 20 }, (_, index) => `group-${index}`);
    const samples = groups.map((group) => sample(1000, { group }));
    const lines = drawTimeline(facts(samples, { groups }));
    expect(lines.filter((line) => line.startsWith('    time')).length).toBe(3);
    expect(lines.join('\n')).toMatch(/\n {2}and \d+ more groups: --json has the timeline of all of them\n/);
  });

  it('keeps to a screenful, however much changed', () => {
    const changes = fc.array(fc.record({ active: fc.nat(50), pending: fc.nat(50), failed: fc.nat(5), desired: fc.nat(60) }), {
      minLength: 1,
      maxLength: 500,
    });
    fc.assert(
      fc.property(changes, (all) => {
        const lines = drawTimeline(facts(all.map((counts, index) => sample(index * 1000, counts))));
        expect(lines.length).toBeLessThanOrEqual(34);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
        const last = all.at(-1);
        expect(lines.at(-4)).toMatch(new RegExp(`^ 1:00:00 .* ${last?.desired} +${last?.active} +${last?.pending}$`));
      }),
    );
  });
});
