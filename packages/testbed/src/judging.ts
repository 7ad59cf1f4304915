import type { GroupOutcome, Outcome } from './outcome.ts';
import { statusText } from './playing-looks.ts';
import type { Scenario } from './scenario.ts';
import type { ServerSets } from './server-sets.ts';

/** What is judged at the end of a run. */
export interface RunFacts {
  readonly scenario: Scenario;
  readonly groups: readonly GroupOutcome[];
  readonly calls: Outcome['calls'];
  /** Passes that ended, by the name of the group. */
  readonly passes: ReadonlyMap<string, number>;
  readonly sets: ServerSets;
}
type Violate = (checker: string, message: string, group?: string) => void;

/** Convergence may come this much later, ms, than without faults: that is how finely it is sampled. */
const tolerance = 2000;

/** Says everything in which a run did not come out as its scenario expects. */
export function judge(facts: RunFacts, violate: Violate): void {
  for (const group of facts.groups) judgeGroup(facts, group, violate);
  const { expect } = facts.scenario;
  for (const [op, most] of Object.entries(expect.maxCalls)) {
    const { done = 0, refused = 0, lost = 0, never = 0 } = facts.calls[op] ?? {};
    const count = done + refused + lost + never;
    if (count > most) violate('max-calls', `the cloud got ${count} calls of ${op}, ${most} at most were expected`);
  }
  for (const name of new Set([...expect.survive, ...expect.undisturbed]))
    for (const reason of facts.sets.whyNotAlive(name)) violate('survive', reason);
  for (const name of expect.undisturbed) for (const reason of facts.sets.disturbances(name)) violate('undisturbed', reason);
}

function judgeGroup({ scenario, passes }: RunFacts, group: GroupOutcome, violate: Violate): void {
  const { name, status, errors, convergedAt, active, desired } = group;
  const wanted = expectedStatus(scenario, name);
  if (active !== null && convergedAt !== null && active !== desired) {
    violate('state-agrees', `the group's state shows ${active} active servers; in truth it has its ${desired}`, name);
  }
  if (active !== null && status !== wanted) violate('expected-status', `ends in status ${statusText(group)}, not ${wanted}`, name);
  for (const text of forGroup(scenario, scenario.expect.errors, name) ?? [])
    if (!errors.some((error) => error.includes(text))) violate('expected-errors', `no error says "${text}": ${statusText(group)}`, name);
  const most = forGroup(scenario, scenario.expect.maxPasses, name);
  const took = passes.get(name) ?? 0;
  if (most !== undefined && took > most) violate('max-passes', `took ${took} passes, ${most} at most were expected`, name);
  const by = forGroup(scenario, scenario.expect.convergedBy, name) ?? scenario.expect.convergedBy?.['*'];
  if (by === undefined || wanted === 'ERROR' || (convergedAt !== null && convergedAt <= by)) return;
  const found = convergedAt === null ? 'is not converged at the end' : `is converged since ${convergedAt / 1000} s only`;
  violate('converged-by', `${found}; it should be by ${by / 1000} s`, name);
}

/** Says which groups faults of others have delayed: those that converge later than in `calm`, the same run without any fault. */
export function judgeDelays(scenario: Scenario, groups: readonly GroupOutcome[], calm: readonly GroupOutcome[], violate: Violate): void {
  const meant = new Set(scenario.expect.undelayed);
  for (const { name, family } of scenario.groups) {
    if (!meant.has(name) && !meant.has(family)) continue;
    const at = groups.find((group) => group.name === name)?.convergedAt ?? null;
    const usual = calm.find((group) => group.name === name)?.convergedAt ?? null;
    if (at !== null && usual !== null && at <= usual + tolerance) continue;
    violate('undelayed', `is converged since ${instant(at)}; without faults it would be since ${instant(usual)}`, name);
  }
}
const instant = (at: number | null): string => (at === null ? 'never' : `${at / 1000} s`);

/** The status that a group must end with. */
export const expectedStatus = (scenario: Scenario, name: string): 'ACTIVE' | 'ERROR' =>
  forGroup(scenario, scenario.expect.status, name) ?? 'ACTIVE';

/** What is expected of a group by its own name, or else by that of its family. */
function forGroup<T>({ groups }: Scenario, given: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  const family = groups.find((group) => group.name === name)?.family;
  return given?.[name] ?? (family === undefined ? undefined : given?.[family]);
}
