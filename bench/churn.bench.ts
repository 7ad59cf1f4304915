/**
 * The cost of a pass while servers fail all the time, cloud included, with few groups and with many. Sizes are measured in turn, round by
 * round, and their ratios taken within a round.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Churned } from './churn-load.ts';
import { type Finding, medianOf, type Part, pairedMedian } from './harness.ts';

interface Size {
  readonly groups: number;
  /** Virtual minutes in a round, for thousands of passes in each. */
  readonly minutes: number;
}
const sizes: readonly Size[] = [
  { groups: 100, minutes: 60 },
  { groups: 1_000, minutes: 8 },
  { groups: 10_000, minutes: 1 },
];
/**
 * How loads collect garbage: on the one thread that works, for several that wait for each other on two cores take more processor time than
 * it is worth. And as a host at work does, which does not pause as loads do between their rounds: V8 takes a pause for an occasion to
 * collect, and it takes a process that pauses for one that makes little garbage, whose heap may grow by little before all of it is
 * collected. Fourfold is the most that it lets one grow.
 */
const garbage = ['--single-threaded-gc', '--no-memory-reducer', '--heap-growing-percent=300'];
const rounds = 15;
/** Rounds that do not count: few groups take that long until what they run is compiled as that of many is. */
const warmUps = 3;

/** Rounds of one size, in the order in which they were taken. */
interface Measured extends Size {
  readonly load: ChildProcess;
  readonly rounds: Churned[];
  /** Heap in use when all have converged, MiB: the engine, its store and the cloud. */
  readonly heap: number;
}

async function begin(size: Size): Promise<Measured> {
  const load = fork(join(import.meta.dirname, 'churn-load.ts'), [String(size.groups)], {
    execArgv: [...process.execArgv, ...garbage],
  });
  try {
    const { heap } = await answer<{ heap: number }>(load);
    return { ...size, load, rounds: [], heap };
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

const costOf = ({ elapsed, passes }: Churned): number => (elapsed / passes) * 1000;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Passes per second, cost per pass and calls per replaced server, while servers fail all the time. */
export const churning: Part = {
  name: 'churn',
  about: 'groups of 10 servers, 1 % of the servers failing per simulated minute: cost per pass, cloud calls per replaced server',
  run: async () => {
    const measured: Measured[] = [];
    try {
      for (const size of sizes) measured.push(await begin(size));
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
    return [...measured.flatMap(findingsOf), ...growth(measured)];
  },
};

function findingsOf({ groups, rounds, heap }: Measured): readonly Finding[] {
  const cost = medianOf(rounds.map(costOf));
  const replaced = sum(rounds.map((round) => round.replaced));
  return [
    { what: `${groups} groups: passes per second`, value: 1e6 / cost, unit: '/s' },
    { what: `${groups} groups: cost per pass, cloud included`, value: cost, unit: 'us' },
    { what: `${groups} groups: cloud calls per replaced server`, value: sum(rounds.map(({ calls }) => calls)) / replaced, unit: 'calls' },
    { what: `${groups} groups: passes per replaced server`, value: sum(rounds.map(({ passes }) => passes)) / replaced, unit: 'passes' },
    { what: `${groups} groups: heap in use`, value: heap, unit: 'MiB' },
  ];
}

/** How much more a pass costs with the most groups than with the fewest. */
function growth(measured: readonly Measured[]): readonly Finding[] {
  const [fewest, most] = [measured.at(0), measured.at(-1)];
  if (fewest === undefined || most === undefined) return [];
  const value = pairedMedian(most.rounds, fewest.rounds, (many, few) => costOf(many) / costOf(few));
  return [{ what: `cost per pass, ${most.groups} groups / ${fewest.groups} groups`, value, unit: 'x', atMost: 1.5 }];
}
