/**
 * What a replaced server costs while servers fail all the time, with few groups and with many, and how long it is missing: as the tenants'
 * watches learn when to look, and with watches that look every 10 s. All loads are measured in turn, round by round, and their ratios taken
 * within a round.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Churned } from './churn-tally.ts';
import { type Finding, medianOf, type Part, pairedMedian, percentileOf } from './harness.ts';

interface Size {
  readonly groups: number;
  /** Virtual minutes in a round, for hundreds of replaced servers in each. */
  readonly minutes: number;
}
const sizes: readonly Size[] = [
  { groups: 100, minutes: 30 },
  { groups: 1_000, minutes: 3 },
  { groups: 10_000, minutes: 1 },
];

const watches = ['learning', 'even'] as const;

/**
 * How loads collect garbage: on the one thread that works, for several that wait for each other on two cores take more processor time than
 * it is worth. And as a host at work does, which does not pause as loads do between their rounds: V8 takes a pause for an occasion to
 * collect, and it takes a process that pauses for one that makes little garbage, whose heap may grow by little before all of it is
 * collected. Fourfold is the most that it lets one grow.
 */
const garbage = ['--single-threaded-gc', '--no-memory-reducer', '--heap-growing-percent=300'];
const rounds = 7;
/** Rounds that do not count: few groups take that long until what they run is compiled as that of many is. */
const warmUps = 2;

/** Rounds of one size and watch, in the order in which they were taken. */
interface Measured extends Size {
  readonly watch: (typeof watches)[number];
  readonly load: ChildProcess;
  readonly rounds: Churned[];
  /** Heap in use when all have converged, MiB: the engine, its store and the cloud. */
  readonly heap: number;
}

async function begin(size: Size, watch: Measured['watch']): Promise<Measured> {
  const load = fork(join(import.meta.dirname, 'churn-load.ts'), [String(size.groups), watch], {
    execArgv: [...process.execArgv, ...garbage],
  });
  try {
    const { heap } = await answer<{ heap: number }>(load);
    return { ...size, watch, load, rounds: [], heap };
  } catch (error) {
    load.kill();
    throw error;
  }
}

/** What a load says next; rejects when it ends instead. */
async function answer<T>(load: ChildProcess): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const ended = once(load, 'exit', { signal }).then(([code]) => {
      throw new Error(`a load of the churn benchmark ended by itself, with exit code ${code}`);
    });
    const [message] = await Promise.race([once(load, 'message', { signal }), ended]);
    return message;
  } finally {
    over.abort();
  }
}

/** What each replaced server costs, and how long it is missing. */
export const churning: Part = {
  name: 'churn',
  about:
    'groups of 10 servers, 1 % of the servers failing per simulated minute: what each replaced server costs. --groups=100: that size only',
  run: async ({ groups }) => {
    const measured: Measured[] = [];
    try {
      for (const size of sizes) {
        if (groups !== undefined && groups !== size.groups) continue;
        for (const watch of watches) measured.push(await begin(size, watch));
      }
      for (let round = -warmUps; round < rounds; round += 1) {
        for (const { load, minutes, rounds } of measured) {
          load.send(minutes);
          const churned = await answer<Churned>(load);
          if (round >= 0) rounds.push(churned);
        }
      }
    } finally {
      for (const { load } of measured) load.kill();
    }
    return [...measured.flatMap(findingsOf), ...ratios(measured), ...growth(measured)];
  },
};

function findingsOf({ groups, watch, rounds, heap }: Measured): readonly Finding[] {
  const of = watch === 'even' ? `${groups} groups, a look every 10 s` : `${groups} groups`;
  const replaced = sum(rounds.map((round) => round.replaced));
  const each = (what: string, unit: string, count: (round: Churned) => number): Finding => ({
    what: `${of}: ${what} per replaced server`,
    value: sum(rounds.map(count)) / replaced,
    unit,
  });
  const times = (what: string, all: readonly number[]): readonly Finding[] => [
    { what: `${of}: ${what}, median`, value: medianOf(all) / 1000, unit: 's' },
    { what: `${of}: ${what}, p99`, value: percentileOf(all, 0.99) / 1000, unit: 's' },
  ];
  const methods = [...new Set(rounds.flatMap(({ calls }) => Object.keys(calls)))].sort();
  return [
    { what: `${of}: processor time per replaced server, cloud included`, value: medianOf(rounds.map(costOf)), unit: 'ms' },
    each('passes', 'passes', ({ passes }) => passes),
    each('commits', 'commits', ({ commits }) => commits),
    each('port calls', 'calls', ({ calls }) => sum(Object.values(calls))),
    ...methods.map((method) => each(`  ${method}`, 'calls', ({ calls }) => calls[method] ?? 0)),
    each('requests to the cloud', 'requests', ({ requests }) => requests),
    ...times(
      'death to noticed',
      rounds.flatMap(({ toNotice }) => toNotice),
    ),
    ...times(
      'noticed to whole',
      rounds.flatMap(({ toWhole }) => toWhole),
    ),
    { what: `${of}: heap in use`, value: heap, unit: 'MiB' },
  ];
}

const costOf = ({ processor, replaced }: Churned): number => processor / replaced;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What a replaced server costs in processor time, to what it costs with a look every 10 s. */
function ratios(measured: readonly Measured[]): readonly Finding[] {
  return measured.flatMap(({ groups, watch, rounds }) => {
    const even = measured.find((other) => other.groups === groups && other.watch === 'even');
    if (watch === 'even' || even === undefined) return [];
    const value = pairedMedian(rounds, even.rounds, (learning, looking) => costOf(learning) / costOf(looking));
    return [{ what: `${groups} groups: processor time per replaced server, to a look every 10 s`, value, unit: 'x' }];
  });
}

/** How much more a replaced server costs with the most groups than with the fewest. */
function growth(measured: readonly Measured[]): readonly Finding[] {
  const learning = measured.filter(({ watch }) => watch === 'learning');
  const [fewest, most] = [learning.at(0), learning.at(-1)];
  if (fewest === undefined || most === undefined || fewest === most) return [];
  const value = pairedMedian(most.rounds, fewest.rounds, (many, few) => costOf(many) / costOf(few));
  return [{ what: `processor time per replaced server, ${most.groups} groups / ${fewest.groups} groups`, value, unit: 'x', atMost: 1.5 }];
}
