import type { DurationMs } from '@lutra/core';
import type { GroupOutcome, Outcome, Scenario } from '@lutra/testbed';
import type { StoryLine } from './story.ts';
import { clockTime, grouped, spanText } from './texts.ts';
import { drawTimeline } from './timeline.ts';

/** What a report is made of. */
export interface RunFacts {
  readonly scenario: Scenario;
  readonly outcome: Outcome;
  readonly happenings: readonly StoryLine[];
  /** How long the run really took. */
  readonly took: DurationMs;
  /** The line that repeats the run. */
  readonly repeat: string;
  /** Width of the terminal. */
  readonly columns: number;
}

/** Groups listed one by one; further ones only where something is wrong with them. */
const mostGroups = 20;
/** Violations listed. */
const mostViolations = 20;

/** A run as text: picture, outcome of each group, what was broken, and how to repeat it. */
export function report(facts: RunFacts): string {
  const { scenario, outcome, columns } = facts;
  const width = Math.max(60, Math.min(columns, 140));
  const names = scenario.groups.map(({ name }) => name);
  const groups = [...outcome.groups].sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
  return [
    `${outcome.scenario} · seed ${outcome.seed} · ${spanText(outcome.simulatedMs)} of virtual time`,
    ...wrapped(scenario.description, width - 2).map((line) => `  ${line}`),
    '',
    ...drawTimeline({ groups: names, samples: outcome.timeline, happenings: facts.happenings, duration: outcome.simulatedMs, width }),
    '',
    ...groupTable(groups),
    '',
    ...ending(facts),
  ].join('\n');
}

function groupTable(groups: readonly GroupOutcome[]): readonly string[] {
  const shown = groups.filter((group, index) => index < mostGroups || group.convergedAt === null || group.status === 'ERROR');
  const width = Math.max(5, ...shown.map(({ name }) => name.length));
  const row = (name: string, cells: readonly [string, string, string, string, string]): string => {
    const [status, desired, active, whole, above] = cells;
    return `  ${name.padEnd(width)}  ${status.padEnd(7)} ${desired.padStart(7)} ${active.padStart(7)} ${whole.padStart(12)} ${above.padStart(11)}`.trimEnd();
  };
  const rows = shown.flatMap(({ name, status, desired, active, convergedAt, overshoot, errors }) => [
    row(name, [
      active === null ? 'deleted' : status,
      `${desired}`,
      active === null ? '-' : `${active}`,
      convergedAt === null ? 'no' : clockTime(convergedAt),
      `${overshoot}`,
    ]),
    ...errors.map((error) => `  ${''.padEnd(width)}  ${error}`),
  ]);
  const left = groups.length - shown.length;
  return [
    row('group', ['status', 'desired', 'active', 'whole since', 'overshoot']),
    ...rows,
    ...(left > 0 ? [`  and ${left} more, whole and ACTIVE`] : []),
  ];
}

function ending({ outcome, took, repeat }: RunFacts): readonly string[] {
  const { violations, faults, calls, simulatedMs, events, traceHash } = outcome;
  const sum = { done: 0, refused: 0, lost: 0, never: 0 };
  for (const count of Object.values(calls)) for (const kind of Object.keys(sum) as (keyof typeof sum)[]) sum[kind] += count[kind];
  const unanswered = sum.lost + sum.never;
  const speed = took > 0 ? `, ${grouped(Math.round(simulatedMs / took))} times as fast as real time` : '';
  return [
    ...faults.map(({ id, hits }) => `fault ${id} met ${grouped(hits)} calls`),
    `${grouped(sum.done + sum.refused + unanswered)} calls to the cloud: ${grouped(sum.refused)} refused, ${grouped(unanswered)} without an answer`,
    `${grouped(events)} events in ${(took / 1000).toFixed(2)} s${speed}`,
    `trace hash ${traceHash}`,
    '',
    ...verdict(violations, repeat),
  ];
}

function verdict(violations: Outcome['violations'], repeat: string): readonly string[] {
  if (violations.length === 0) return ['Every expectation holds.'];
  const left = violations.length - mostViolations;
  return [
    violations.length === 1 ? '1 violation:' : `${violations.length} violations:`,
    ...violations
      .slice(0, mostViolations)
      .map(({ at, checker, group, message }) => `  ${clockTime(at)}  ${checker}: ${group === '' ? '' : `${group}: `}${message}`),
    ...(left > 0 ? [`  and ${left} more: --json has all of them`] : []),
    `Repeat it: ${repeat}`,
  ];
}

/** A text in lines of at most `width` characters, broken between words. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
