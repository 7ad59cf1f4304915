/** The truth of the simulated cloud (`@lutra/simulator/truth`), for those who judge what the engine did, or act behind its back. */
export { inWords } from './complaints.ts';
export { durationSchema } from './duration.ts';
export { type FaultGroup, faultGroups } from './faults/fault.ts';
export { nodesPerLoadBalancer } from './world/catalogue.ts';
export type { LoadBalancerRecord, NodeRecord } from './world/load-balancer-record.ts';
export { operationNames, serviceOf } from './world/operation-names.ts';
export { deaths } from './world/outside.ts';
export { quotaOf } from './world/quota.ts';
export { isMarked } from './world/server-metadata.ts';
export type { ServerRecord } from './world/server-record.ts';
export { serviceNames } from './world/service.ts';
export { checkSnapshot } from './world/snapshot-shape.ts';
export type { Tenant } from './world/tenant.ts';
