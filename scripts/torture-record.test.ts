import { describe, expect, it } from 'vitest';
import {
  addRow,
  asRecorded,
  progressKey,
  progressOf,
  readRow,
  type TortureRow,
  type TortureState,
  tableHead,
  withSlice,
  writeRow,
} from './torture-record.ts';
import { inTurn, slicesFrom, suites } from './torture-suites.ts';

const row = (changes: Partial<TortureRow> = {}): TortureRow => ({
  suite: 'scenarios',
  unit: 'seeds per scenario, twice each',
  seeds: ['7'],
  commit: 'abc1234',
  units: 3,
  seconds: 20,
  passed: 120,
  failed: 0,
  ...changes,
});
const table = (...rows: readonly TortureRow[]) => `# Torture runs\n\n${[tableHead, ...rows.map(writeRow)].join('\n')}\n`;

describe('addRow', () => {
  it('adds a suite that the commit has no row of', () => {
    const other = row({ commit: 'fff0000' });
    expect(addRow(table(other), row())).toBe(table(other, row()));
    expect(addRow(table(), row())).toBe(table(row()));
  });

  it('raises the row of the same suite and commit, wherever it stands', () => {
    const before = table(row(), row({ suite: 'properties' }));
    const sum = row({ seeds: ['7', '8'], units: 9, seconds: 61, passed: 350, failed: 1 });
    expect(addRow(before, row({ seeds: ['8'], units: 6, seconds: 41, passed: 230, failed: 1 }))).toBe(
      table(sum, row({ suite: 'properties' })),
    );
    expect(addRow(table(row()), row())).toBe(table(row({ units: 6, seconds: 40, passed: 240 })));
  });

  it('adds up only what is counted in the same way', () => {
    const parts = row({ unit: 'of 10 parts of all' });
    expect(addRow(table(row()), parts)).toBe(table(row(), parts));
  });
});

describe('readRow', () => {
  it('reads what writeRow writes, and nothing else', () => {
    const rows = suites.map(({ name, unit }) => row({ suite: name, unit: unit(10), seeds: ['1', '2'] }));
    expect(rows.map(writeRow).map(readRow)).toEqual(rows);
    expect(['', 'text', ...tableHead.split('\n')].map(readRow)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('the progress of a suite', () => {
  const key = progressKey('scenarios', 'seeds', 'abc1234', 7);
  const slice = { units: 3, seconds: 10, passed: 5, failed: 0 };

  it('is what its slices add up to, and remembers what is not recorded yet', () => {
    let state: TortureState = {};
    state = withSlice(withSlice(state, key, slice), key, slice);
    expect(progressOf(state, key)).toEqual({ done: 6, unrecorded: { units: 6, seconds: 20, passed: 10, failed: 0 } });
    state = withSlice(asRecorded(state, key), key, slice);
    expect(progressOf(state, key)).toEqual({ done: 9, unrecorded: slice });
  });

  it('is nothing for another seed, commit or way of counting', () => {
    const state = withSlice({}, key, slice);
    for (const other of [progressKey('scenarios', 'seeds', 'abc1234', 8), progressKey('scenarios', 'runs', 'abc1234', 7)]) {
      expect(progressOf(state, other).done).toBe(0);
    }
  });
});

describe('slicesFrom', () => {
  it('covers what is left, each unit once', () => {
    expect(slicesFrom(0, 7, 3)).toEqual([
      { from: 0, count: 3 },
      { from: 3, count: 3 },
      { from: 6, count: 1 },
    ]);
    expect(slicesFrom(6, 7, 3)).toEqual([{ from: 6, count: 1 }]);
    expect([slicesFrom(7, 7, 3), slicesFrom(9, 7, 3)]).toEqual([[], []]);
  });
});

describe('inTurn', () => {
  it('takes one of each, and goes on with what is left', () =>
    expect(inTurn([['a1', 'a2', 'a3'], [], ['b1']])).toEqual(['a1', 'b1', 'a2', 'a3']));
});

describe('suites', () => {
  it.each(suites)('$name gives each slice other work, and the same slice the same', ({ job, total, perSlice }) => {
    for (const intensity of [1, 5, 10, 20]) {
      const jobs = slicesFrom(0, total(intensity), perSlice).map((slice) => JSON.stringify(job(slice, 7, intensity)));
      expect(new Set(jobs).size).toBe(jobs.length);
      expect(slicesFrom(0, total(intensity), perSlice).map((slice) => JSON.stringify(job(slice, 7, intensity)))).toEqual(jobs);
    }
  });

  it('do at intensity 10 what is asked for before a release', () => {
    expect(Object.fromEntries(suites.slice(0, 3).map(({ name, unit, total }) => [name, `${total(10)} ${unit(10)}`]))).toEqual({
      crashes: '10 of 10 parts of a crash before and after every call',
      scenarios: '30 seeds per scenario, twice each',
      properties: '1000 runs per property',
    });
  });
});
