/** The public API of the testbed. Everything not named here is internal. */
export type { Checker, CheckerContext, CheckerKind, Violation } from './checkers/checker.ts';
export { converged } from './checkers/converged.ts';
export { foreignUntouched } from './checkers/foreign-untouched.ts';
export { noOvershoot, type Overshoots } from './checkers/no-overshoot.ts';
export { standardCheckers } from './checkers/standard.ts';
export { errorCatchingClock } from './error-catching-clock.ts';
export { faultPage } from './fault-page.ts';
export type { GroupTruths, ServerCount, WatchedGroup } from './group-truths.ts';
export type { CallCount, GroupOutcome, Outcome } from './outcome.ts';
export { type RunOptions, runScenario } from './run.ts';
export type { Sample } from './sampling.ts';
export { parseScenario, type Scenario, ScenarioError } from './scenario.ts';
export type { ScenarioGroup } from './scenario-groups.ts';
export type { TimelineEntry } from './scenario-timeline.ts';
export { type Happening, type ScenarioEvent, Trace } from './trace.ts';
