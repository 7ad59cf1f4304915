/** The public API of the core: a scaling engine to embed. Everything not named here is internal. */
export { type AutoscalerPorts, createAutoscaler } from './autoscaler.ts';
export type { Autoscaler, NewGroup, ObservedPart, Page, PolicyRef, WebhookRef } from './autoscaler-api.ts';
export type { RepeatableCall } from './commands/caller-keys.ts';
export type { GroupManifest, GroupState, GroupSummary } from './commands/views.ts';
export { CloudError, type CloudErrorKind, type ErrorCode, LutraError } from './errors.ts';
export type {
  ActivityAnswer,
  ActivityContent,
  ActivityEntry,
  ActivityNote,
  ActivityStep,
  Caller,
  Capacity,
  Origin,
} from './model/activity.ts';
export type { CallerKey, KeptKey, KeyUse, Made, RepeatableCommand } from './model/caller-key.ts';
export { cutTo, hasAtMost } from './model/characters.ts';
export type { GroupEvent, PassRef } from './model/events.ts';
export { isRawNumber, mayNeedText, parseExactly } from './model/exact-json.ts';
export {
  byId,
  type CapabilityHash,
  type CreateToken,
  type GroupId,
  type LoadBalancerId,
  type NodeId,
  type PolicyId,
  type PoolId,
  type ServerId,
  type TenantId,
  type WebhookId,
} from './model/identifiers.ts';
export { formatHttpDate, formatInstant, parseInstant } from './model/instant.ts';
export { type JsonObject, type JsonValue, nestsDeeperThan, type RawNumber } from './model/json.ts';
export { desiredLoadBalancersOf, type LaunchConfiguration, type LaunchLoadBalancer } from './model/launch-configuration.ts';
export type {
  DesiredLoadBalancer,
  DesiredNode,
  DesiredPoolMember,
  LoadBalancer,
  Node,
  NodeChange,
  NodeCondition,
  NodeRequest,
  NodeStatus,
  NodeType,
  PoolMember,
} from './model/load-balancer.ts';
export type { Heartbeat, HostIncarnation, Member, MemberState, Ownership, UnownedTenant } from './model/ownership.ts';
export type { Adjustment, Policy, PolicyDefinition, Schedule, ScheduleArgs, Webhook, WebhookDefinition } from './model/policy.ts';
export type {
  GroupConfiguration,
  GroupProgress,
  GroupRef,
  GroupSpec,
  Intent,
  KnownServer,
  Removal,
  ScalingGroup,
} from './model/scaling-group.ts';
export { novaStatuses, type Server, type ServerState, serverStateOf } from './model/server.ts';
export {
  isReservedKey,
  metadataKeys,
  ownershipPrefixes,
  readServerMetadata,
  reservedPrefixes,
  type ServerMarks,
  writeServerMetadata,
} from './model/server-metadata.ts';
export { longestReason, type SetSwitch, type Switches, type SwitchNote } from './model/switches.ts';
export { between, type DurationMs, type EpochMs, epochMs, later, milliseconds, seconds } from './model/time.ts';
export { dueAtOf } from './model/wake-ups.ts';
export { defaultOptions, type GivenOptions, type Options, optionPresets } from './options.ts';
export { checkCron, nextOccurrence } from './policy/cron.ts';
export {
  type ActivityPage,
  type CallOptions,
  type Clock,
  type Cloud,
  type ComputeLimits,
  type Decision,
  type DueGroup,
  type Image,
  type LoadBalancerListing,
  type Log,
  type Metrics,
  noMetrics,
  type PageRequest,
  type ProviderEvent,
  type Random,
  type RandomStream,
  type ServerListing,
  type ServerRequest,
  type ServersById,
  type Store,
  silentLog,
  type UnreadLoadBalancer,
  type WriteOptions,
} from './ports.ts';
export { seededRandom } from './random.ts';
export { createMemoryStore } from './store/memory-store.ts';
