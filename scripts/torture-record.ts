/** What torture runs came to: the table of docs/torture.md, one row for each suite and commit, and how far each suite has come. */

/** Work that was done, and what came of it. */
export interface Tally {
  readonly units: number;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
}
export const nothing: Tally = { units: 0, seconds: 0, passed: 0, failed: 0 };

export const sum = (a: Tally, b: Tally): Tally => ({
  units: a.units + b.units,
  seconds: a.seconds + b.seconds,
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
});

/** A row of the table. */
export interface TortureRow extends Tally {
  readonly suite: string;
  /** What is counted. */
  readonly unit: string;
  readonly seeds: readonly string[];
  readonly commit: string;
}

export const tableHead = '| suite | counts | seed | duration | commit | result |\n|---|---|---|---|---|---|';

export function writeRow({ suite, units, unit, seeds, seconds, commit, passed, failed }: TortureRow): string {
  return `| ${suite} | ${units} ${unit} | ${seeds.join(', ')} | ${seconds} s | ${commit} | ${passed} passed, ${failed} failed |`;
}

/** Reads a row; undefined for any other line. */
export function readRow(line: string): TortureRow | undefined {
  const cells = line.split('|').map((cell) => cell.trim());
  const [, suite = '', counts = '', seeds = '', duration = '', commit = '', result = ''] = cells;
  const [counted, took, came] = [/^(\d+) (.+)$/.exec(counts), /^(\d+) s$/.exec(duration), /^(\d+) passed, (\d+) failed$/.exec(result)];
  if (counted === null || took === null || came === null) return undefined;
  return {
    suite,
    units: Number(counted[1]),
    unit: counted[2] ?? '',
    seeds: seeds.split(', '),
    seconds: Number(took[1]),
    commit,
    passed: Number(came[1]),
    failed: Number(came[2]),
  };
}

/** The table with a row more, or with the row of the same suite, commit and unit raised by it. */
export function addRow(table: string, row: TortureRow): string {
  const lines = table.trimEnd().split('\n');
  for (const [at, line] of lines.entries()) {
    const there = readRow(line);
    if (there === undefined || there.suite !== row.suite || there.commit !== row.commit || there.unit !== row.unit) continue;
    lines[at] = writeRow({ ...there, ...sum(there, row), seeds: [...new Set([...there.seeds, ...row.seeds])] });
    return `${lines.join('\n')}\n`;
  }
  return `${[...lines, writeRow(row)].join('\n')}\n`;
}

/** How far a suite has come at one commit with one seed. */
export interface Progress {
  /** Units done, from the first. */
  readonly done: number;
  /** What is not in docs/torture.md yet. */
  readonly unrecorded: Tally;
}
/** By `progressKey`. */
export type TortureState = Readonly<Record<string, Progress>>;

/** What must be the same for a run to go on where another stopped. */
export const progressKey = (suite: string, unit: string, commit: string, seed: number): string => [suite, unit, commit, seed].join(' / ');

export const progressOf = (state: TortureState, key: string): Progress => state[key] ?? { done: 0, unrecorded: nothing };

/** A slice is over. */
export function withSlice(state: TortureState, key: string, tally: Tally): TortureState {
  const { done, unrecorded } = progressOf(state, key);
  return { ...state, [key]: { done: done + tally.units, unrecorded: sum(unrecorded, tally) } };
}

/** All of it is in docs/torture.md now. */
export const asRecorded = (state: TortureState, key: string): TortureState => ({
  ...state,
  [key]: { ...progressOf(state, key), unrecorded: nothing },
});
