import type { DurationMs } from '@lutra/core';
import type { FaultRule } from '@lutra/simulator';
import type { Expectations } from './scenario-expectations.ts';
import type { ScenarioGroup } from './scenario-groups.ts';
import type { TimelineEntry } from './scenario-timeline.ts';

/** The parts of a scenario that speak of one another. */
export interface Parts {
  readonly duration: DurationMs;
  readonly groups: readonly ScenarioGroup[];
  readonly timeline: readonly TimelineEntry[];
  readonly faults: readonly FaultRule[];
  readonly expect: Expectations;
}
export interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What one part of a scenario says of another that has no such thing. */
export function contradictionsIn(scenario: Parts): readonly Contradiction[] {
  return [...inFaults(scenario), ...inTimeline(scenario), ...inExpectations(scenario)];
}

/** Names that mean a group, or all copies of one. */
const namesIn = ({ groups }: Parts): ReadonlySet<string> => new Set(groups.flatMap(({ name, family }) => [name, family]));

function* inFaults({ faults }: Parts): Iterable<Contradiction> {
  const rules = new Set<string>();
  for (const [index, rule] of faults.entries()) {
    if (rules.has(rule.id)) yield { path: ['faults', index, 'id'], message: `there are two faults called ${rule.id}` };
    rules.add(rule.id);
  }
}

function* inTimeline(scenario: Parts): Iterable<Contradiction> {
  const { timeline, groups, duration } = scenario;
  const names = namesIn(scenario);
  for (const [index, entry] of timeline.entries()) {
    const path = (key: string) => ['timeline', index, key];
    if (entry.at > duration) yield { path: path('at'), message: 'is after the end of the scenario' };
    if ('group' in entry && entry.group !== undefined && !names.has(entry.group))
      yield { path: path('group'), message: `no group is called ${entry.group}` };
    if (entry.do !== 'execute-policy') continue;
    const owners = groups.filter(({ name, family }) => name === entry.group || family === entry.group);
    if (owners.length === 0 || !owners.every(({ policies }) => policies.some(({ name }) => name === entry.policy)))
      yield { path: path('policy'), message: `group ${entry.group} has no policy called ${entry.policy}` };
  }
}

function* inExpectations(scenario: Parts): Iterable<Contradiction> {
  const { expect, duration, timeline } = scenario;
  const names = namesIn(scenario);
  const convergedBy = expect.convergedBy ?? {};
  for (const key of ['status', 'errors', 'maxPasses'] as const)
    for (const name of Object.keys(expect[key]))
      if (!names.has(name)) yield { path: ['expect', key, name], message: `no group is called ${name}` };
  for (const [name, by] of Object.entries(convergedBy)) {
    const path = ['expect', 'convergedBy', ...(name === '*' ? [] : [name])];
    if (name !== '*' && !names.has(name)) yield { path, message: `no group is called ${name}` };
    if (by > duration) yield { path, message: 'is after the end of the scenario' };
  }
  for (const name of expect.undelayed) if (!names.has(name)) yield { path: ['expect', 'undelayed'], message: `no group is called ${name}` };
  const sets = new Set(timeline.flatMap((entry) => ('as' in entry && entry.as !== undefined ? [entry.as] : [])));
  for (const key of ['survive', 'undisturbed'] as const)
    for (const name of expect[key])
      if (!sets.has(name)) yield { path: ['expect', key], message: `nothing in the timeline names servers as ${name}` };
}
