import type { Observable } from 'rxjs';
import type { RepeatableCall } from './commands/caller-keys.ts';
import type { GroupManifest, GroupState, GroupSummary } from './commands/views.ts';
import type { ActivityEntry, Caller } from './model/activity.ts';
import type { CallerKey } from './model/caller-key.ts';
import type { GroupEvent } from './model/events.ts';
import type { CapabilityHash, GroupId, PolicyId, ServerId, TenantId, WebhookId } from './model/identifiers.ts';
import type { LaunchConfiguration } from './model/launch-configuration.ts';
import type { Policy, PolicyDefinition, Webhook, WebhookDefinition } from './model/policy.ts';
import type { GroupConfiguration, GroupRef } from './model/scaling-group.ts';
import type { Switches } from './model/switches.ts';
import type { ActivityPage, PageRequest } from './ports.ts';

/** What a new group is made from. */
export interface NewGroup {
  readonly tenantId: TenantId;
  readonly groupConfiguration: GroupConfiguration;
  readonly launchConfiguration: LaunchConfiguration;
  readonly scalingPolicies: readonly PolicyDefinition[];
}
/** Names a policy: its group and its id. */
export interface PolicyRef extends GroupRef {
  readonly policyId: PolicyId;
}
/** Names a webhook: its policy and its id. */
export interface WebhookRef extends PolicyRef {
  readonly webhookId: WebhookId;
}
/** A tenant; or one of its groups. */
export type ObservedPart = { readonly tenantId: TenantId; readonly groupId?: GroupId | undefined };
/** One page of a list, by ascending id. Whether more follow is not known: ask with the last id as marker. */
export type Page<T> = readonly T[];

/**
 * An autoscaler: commands, queries and events. Every command resolves after its commit is durable, and rejects with a LutraError.
 * Arguments are taken as valid in form (the REST host checks them with the schemas); rules between them are checked here.
 *
 * A command with a `CallerKey` that was accepted is not carried out again when it is sent again with the same key, for 24 h
 * (`idempotencyKeptFor`): it answers what it answered, though what it made may be gone; with other arguments it rejects as
 * `idempotency-key-reused`. The key is committed with the effect, so also where the first answer was lost; a refused command uses up no
 * key. Of two at once the second answers as the first.
 */
export interface Autoscaler {
  /** Starts converging. Idempotent. */
  start(): void;
  /** Stops starting passes, awaits the cloud calls in flight (bounded by `stopGrace`), releases its tenants. Idempotent. */
  stop(): Promise<void>;
  /**
   * The same autoscaler, which names this caller in the activity of every command that is asked of it: for one request, or one user.
   * Without it nobody is named.
   */
  as(caller: Caller): Autoscaler;
  /**
   * What happened to the tenant's groups, or to one of them, also after it has gone, for as long as it is kept: commands and who asked for
   * them, plans, answers, causes of error. A reader that goes on with `after` from the last `sequence` misses nothing.
   */
  activity(tenantId: TenantId, page: ActivityPage): Promise<readonly ActivityEntry[]>;
  /**
   * What happened, as it is committed. Completes after `stop()`. The engine goes on when an observer throws, and the other observers
   * are told; RxJS throws the error again outside of us, which ends a Node process like any error that nobody catches.
   */
  readonly events$: Observable<GroupEvent>;

  /** Whether a command with this key was carried out before; rejects as `idempotency-key-reused` if that one had other arguments. */
  isRepeated(call: RepeatableCall, caller: CallerKey): Promise<boolean>;
  /** Desired capacity starts at the minimum. Asks the cloud whether image, flavor and personality fit. */
  createGroup(group: NewGroup, caller?: CallerKey): Promise<GroupManifest>;
  listGroups(tenantId: TenantId, page: PageRequest): Promise<Page<GroupSummary>>;
  showGroup(ref: GroupRef): Promise<GroupManifest>;
  groupState(ref: GroupRef): Promise<GroupState>;
  /** Without `force` only a group whose desired capacity is 0. The group is invisible at once; its servers go in the background. */
  deleteGroup(ref: GroupRef, options: { readonly force: boolean }): Promise<void>;
  configuration(ref: GroupRef): Promise<GroupConfiguration>;
  /** Replaces the configuration and clamps the desired capacity into it. */
  updateConfiguration(ref: GroupRef, configuration: GroupConfiguration): Promise<void>;
  launchConfiguration(ref: GroupRef): Promise<LaunchConfiguration>;
  /** For servers created from now on; changes no server. Asks the cloud like `createGroup`. */
  updateLaunchConfiguration(ref: GroupRef, launch: LaunchConfiguration): Promise<void>;
  /**
   * The tenant's account is suspended, or no longer: nothing of its groups converges meanwhile, those created later neither, and
   * executing is refused. Rejects once all groups were tried when it failed for any; call it again. Idempotent.
   */
  suspendTenant(tenantId: TenantId, suspended: boolean): Promise<void>;
  /** What operators have set to hold writes back, on all hosts that share the store. */
  switches(): Promise<Switches>;
  /**
   * Stops all hosts that share the store: within `mayConvergeMaxAge` (1 s) no write to the cloud starts any more, until `resumeAll`. Calls
   * that were sent already are awaited. Commands are accepted meanwhile, and groups are looked at and planned for. For other operators it is
   * noted who asks (`as`) and why. Taken whatever the clock of this host is. Idempotent: a repeat changes the reason, if it gives one.
   */
  stopAll(reason?: string): Promise<void>;
  /** Lifts `stopAll`. Groups converge by themselves, each within `watchCeiling`. Idempotent. */
  resumeAll(): Promise<void>;
  /**
   * Has a tenant, or one of its groups, only observed: its groups are looked at and planned for, and activity tells what would be done, but
   * nothing is written to the cloud and no waiting becomes an error. Noted as by `stopAll`. A tenant need not have groups; a group that is
   * not there is `group-not-found`. Idempotent.
   */
  observeOnly(part: ObservedPart, reason?: string): Promise<void>;
  /** Lifts `observeOnly` of just this tenant or group. Idempotent. */
  endObserveOnly(part: ObservedPart): Promise<void>;
  /** Idempotent. No convergence while paused. */
  pauseGroup(ref: GroupRef): Promise<void>;
  /** Idempotent; converges. */
  resumeGroup(ref: GroupRef): Promise<void>;
  /** Looks at the group now; the way out of ERROR. */
  convergeGroup(ref: GroupRef): Promise<void>;
  /**
   * Takes a server out of the group: deleted (`purge`) or let go; `replace` keeps the desired capacity. Asking again while it leaves
   * changes the capacity no more; a server that goes already for another reason is not found.
   */
  removeServer(ref: GroupRef, serverId: ServerId, options: { readonly replace: boolean; readonly purge: boolean }): Promise<void>;

  /** All or nothing; answers in the order of the request. */
  createPolicies(ref: GroupRef, definitions: readonly PolicyDefinition[], caller?: CallerKey): Promise<readonly Policy[]>;
  listPolicies(ref: GroupRef, page: PageRequest): Promise<Page<Policy>>;
  showPolicy(ref: PolicyRef): Promise<Policy>;
  /** Keeps id, webhooks and cooldown history; the type cannot change. */
  updatePolicy(ref: PolicyRef, definition: PolicyDefinition): Promise<void>;
  deletePolicy(ref: PolicyRef): Promise<void>;
  /** Changes the desired capacity; `cannot-execute-policy` on cooldown or no change, which converges all the same. */
  executePolicy(ref: PolicyRef, caller?: CallerKey): Promise<void>;
  /** All or nothing; answers in the order of the request. */
  createWebhooks(ref: PolicyRef, definitions: readonly WebhookDefinition[], caller?: CallerKey): Promise<readonly Webhook[]>;
  listWebhooks(ref: PolicyRef, page: PageRequest): Promise<Page<Webhook>>;
  showWebhook(ref: WebhookRef): Promise<Webhook>;
  updateWebhook(ref: WebhookRef, definition: WebhookDefinition): Promise<void>;
  deleteWebhook(ref: WebhookRef): Promise<void>;
  /** Executes the policy behind a capability URL. Resolves whatever comes of it, and says nothing of it, so that a stranger learns nothing;
   * rejects only as `unavailable`, when the store cannot be reached. */
  executeCapability(hash: CapabilityHash): Promise<void>;
}
