/**
 * How lutra measures: every figure is a median of many rounds, and what counts is its ratio to a baseline measured in the same run,
 * round by round in turn, because the machine is shared and its speed is not the same from one minute to the next.
 */

/** One thing to measure. `run` does it once; what it returns is kept alive so that it is not optimised away. */
export interface Subject {
  readonly name: string;
  readonly run: () => unknown;
}

/** Times of one subject, in milliseconds. */
export interface Measured {
  readonly name: string;
  readonly median: number;
  readonly fastest: number;
  /** In the order of the rounds. */
  readonly rounds: readonly number[];
}

/** Median over the rounds of how many times longer one subject took than another in the same round: what disturbs both cancels out. */
export const pairedRatio = (of: Measured, to: Measured): number => pairedMedian(of.rounds, to.rounds, (time, other) => time / other);

/** Median of a comparison made within each round. */
export const pairedMedian = <T>(of: readonly T[], to: readonly T[], compare: (one: T, other: T) => number): number =>
  medianOf(
    of.map((one, round) => {
      const other = to[round];
      return other === undefined ? Number.NaN : compare(one, other);
    }),
  );

export const medianOf = (values: readonly number[]): number => percentileOf(values, 0.5);

/** The value below which the share `of` of all values lies. */
export function percentileOf(values: readonly number[], of: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * of)] ?? Number.NaN;
}

let kept: unknown;

/** Median and fastest time of each subject, their rounds interleaved. `budgetMs`: about how long all of it may take. */
export function measure(subjects: readonly Subject[], budgetMs = 2000): readonly Measured[] {
  const times = subjects.map(() => [] as number[]);
  for (const { run } of subjects) for (let i = 0; i < 20; i += 1) kept = run();
  const end = performance.now() + budgetMs;
  do {
    for (const [index, { run }] of subjects.entries()) {
      const begun = performance.now();
      kept = run();
      times[index]?.push(performance.now() - begun);
    }
  } while (performance.now() < end || (times[0]?.length ?? 0) < 15);
  return subjects.map(({ name }, index) => {
    const rounds = times[index] ?? [];
    return { name, median: medianOf(rounds), fastest: Math.min(...rounds), rounds };
  });
}

/** One line of a report: a figure, what it is compared with, and the bound that it must keep (if any). */
export interface Finding {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The most, and the least, that `value` may be. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** What to measure of a part that has several sizes. */
export interface Choice {
  /** undefined = all sizes. */
  readonly groups: number | undefined;
}

/** A part of the benchmark. */
export interface Part {
  readonly name: string;
  readonly about: string;
  readonly run: (choice: Choice) => readonly Finding[] | Promise<readonly Finding[]>;
}

/** Whether every bound is kept. */
export const keeps = ({ value, atMost, atLeast }: Finding): boolean =>
  (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);

function boundOf(finding: Finding): string {
  const { atMost, atLeast } = finding;
  if (atMost === undefined && atLeast === undefined) return '';
  if (atMost !== undefined) return `${keeps(finding) ? 'ok' : 'TOO MUCH'} (at most ${atMost})`;
  return `${keeps(finding) ? 'ok' : 'TOO LITTLE'} (at least ${atLeast})`;
}

/** The findings as a table for people. */
export function table(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => [finding.what, finding.value.toPrecision(3), finding.unit, boundOf(finding)]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([what = '', value = '', unit = '', bound = '']) =>
      `  ${what.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)} ${unit.padEnd(widths[2] ?? 0)}  ${bound}`.trimEnd(),
    )
    .join('\n');
}

/** What was kept alive last; exported so that no tool thinks it unused. */
export const lastKept = (): unknown => kept;
