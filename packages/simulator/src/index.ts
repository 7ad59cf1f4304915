export { parseDuration } from './duration.ts';
export type { Fault, FaultedCall, FaultPhase } from './faults/fault.ts';
export { type FaultRule, faultRuleSchema } from './faults/fault-rule.ts';
export { parseFaultRules } from './faults/fault-rules-file.ts';
export { knownFaults } from './faults/known-faults.ts';
export { type CloudServer, type CloudServerOptions, createCloudServer } from './http/cloud-server.ts';
export { type CloudAnswer, type CloudRequest, type CloudServiceOptions, cloudService } from './http/cloud-service.ts';
export type { MovableTime } from './http/moving-time.ts';
export {
  defaultIdentity,
  defaultPassword,
  type IdentityData,
  identitySchema,
  parseIdentity,
} from './identity/identity-data.ts';
export type { ServiceName } from './identity/token.ts';
export { cloudOver, createSimulatedCloud, type SimulatedCloud, type SimulatedCloudOptions } from './simulated-cloud.ts';
export { type CallGuard, VirtualClock, virtualStart } from './virtual-clock.ts';
export type { Answer, CallerMarks, Calls, OperationName } from './world/calls.ts';
export type { Effect } from './world/effects.ts';
export { outside } from './world/outside.ts';
export { type Distribution, type Pace, type PaceName, paces } from './world/pace.ts';
export type { WorldSnapshot } from './world/snapshot-shape.ts';
export { World, type WorldOptions } from './world/world.ts';
export type { Actor, WorldEvent } from './world/world-event.ts';
