/** For tests and measurements of lutra and of what is built around it. Not a stable API. */
export { newGroup } from '../commands/creating.ts';
export type { DesiredGroup, Observation, PlanOptions } from '../planner/desired.ts';
export { planGroup } from '../planner/planning.ts';
export { sentenceOf } from '../planner/reasons.ts';
export { isWriting, type Step } from '../planner/steps.ts';
export { type StepLimits, transform } from '../planner/transforming.ts';
export { copyingStore, passingStore } from './copying-store.ts';
export { steadyGroup } from './groups.ts';
export { answerPlan, answerPolicy } from './vectors.ts';
