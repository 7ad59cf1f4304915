import { birthsBackedOff } from './births-backed-off.ts';
import { callsInFlight } from './calls-in-flight.ts';
import type { CheckerKind } from './checker.ts';
import { converged } from './converged.ts';
import { drainHonoured } from './drain-honoured.ts';
import { errorsExplained } from './errors-explained.ts';
import { foreignUntouched } from './foreign-untouched.ts';
import { inRotation } from './in-rotation.ts';
import { noHammering } from './no-hammering.ts';
import { noOvershoot, type Overshoots } from './no-overshoot.ts';
import { nodesExact } from './nodes-exact.ts';
import { oneWriter } from './one-writer.ts';
import { pausedRests } from './paused-rests.ts';
import { tenantsIsolated } from './tenants-isolated.ts';

/** The invariants that every run is watched by. */
export const standardCheckers = (overshoots: Overshoots): readonly CheckerKind[] => [
  // I1: never too many, and exactly as many in the end.
  noOvershoot(overshoots),
  converged,
  // I2: what is others' stays as it is.
  foreignUntouched,
  // I3: nothing healthy leaves rotation for nothing, nor before it has drained.
  inRotation,
  drainHonoured,
  // I4: one writer a load balancer, bounded numbers of calls.
  oneWriter,
  callsInFlight,
  // I5: ERROR has a reason.
  errorsExplained,
  // I6: every node is as it must be.
  nodesExact,
  // I7: what fails is not sent again and again.
  noHammering,
  // I9: a cloud on which nothing lives is not asked for servers without end.
  birthsBackedOff,
  // I10: a paused group is left alone.
  pausedRests,
  // I8: tenants do not feel one another's faults.
  tenantsIsolated,
];
