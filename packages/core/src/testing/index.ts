/** For tests and measurements of lutra and of what is built around it. Not a stable API. */
export type { DesiredGroup, ObservedGroup, PlanOptions } from '../convergence/desired.ts';
export { planGroup } from '../convergence/planning.ts';
export { sentenceOf } from '../convergence/reasons.ts';
export { isWriting, type Step } from '../convergence/steps.ts';
export { type StepLimits, transform } from '../convergence/transforming.ts';
export { steadyGroup } from './groups.ts';
export { answerPlan, answerPolicy } from './vectors.ts';
