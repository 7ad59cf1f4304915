/** All mutants. */
import type { Mutant } from './mutate.ts';
import { engineMutants } from './of/engine.ts';
import { machineMutants } from './of/machine.ts';
import { plannerMutants } from './of/planner.ts';
import { scenarioMutants } from './of/scenarios.ts';

export const mutants: readonly Mutant[] = [...plannerMutants, ...engineMutants, ...machineMutants, ...scenarioMutants];
