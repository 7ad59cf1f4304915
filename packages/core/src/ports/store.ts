/**
 * The store: everything that must outlive a process. One contract suite (`@lutra/core/testing`) says what each implementation promises.
 *
 * Whatever is handed over is values: JSON, that may be copied, written and read again. Nothing may depend on getting the same object twice.
 * Errors are LutraErrors. Of a write that rejects with `unavailable` and effect `unknown` nobody knows whether it was committed: the caller
 * reads before it goes on. With any other error it was not.
 */
import type { Observable } from 'rxjs';
import type { ActivityEntry, ActivityNote } from '../model/activity.ts';
import type { KeptKey, KeyUse, Made } from '../model/caller-key.ts';
import type { GroupChange } from '../model/group-change.ts';
import type { CapabilityHash, GroupId, PolicyId, TenantId, WebhookId } from '../model/identifiers.ts';
import type { JsonObject } from '../model/json.ts';
import type { NodeRecord, Tombstone } from '../model/node-record.ts';
import type { Heartbeat, HostIncarnation, Member, MemberState, Ownership, UnownedTenant } from '../model/ownership.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import type { Switches, SwitchNote } from '../model/switches.ts';
import type { DurationMs, EpochMs } from '../model/time.ts';

/** What a transaction comes to: what it changes, and its answer. */
export interface Decision<T> {
  /** `{}` commits nothing. */
  readonly change: GroupChange;
  readonly answer: T;
  /** To be kept under the caller's key that the transaction was given, in the same commit; absent: the key is not used up. */
  readonly made?: Made;
}
/** A page of a list: what comes after `marker`, by ascending id, at most `limit`. */
export interface PageRequest {
  /** Only ids greater than this. */
  readonly marker?: string | undefined;
  readonly limit: number;
}
/** A group with its wake-up. */
export interface DueGroup extends GroupRef {
  readonly dueAt: EpochMs;
}
/** What the state and list calls show of a group, and no more of it. */
export type GroupStateRow = Pick<ScalingGroup, 'tenantId' | 'groupId' | 'spec' | 'progress' | 'servers'>;

/** Groups in transactions, and what is read of them. */
export interface GroupStore {
  /**
   * Counts the tenant's groups (deleting ones not) and adds one in the same transaction; `groups-over-limit` when that would exceed
   * `limit`. Of a suspended tenant it is stored as suspended. `activity` is recorded with it. With `once`, in the same transaction: what is
   * kept under that key is the answer, and no group is added; when nothing is, `made` is kept with the group.
   */
  createGroup(
    group: ScalingGroup,
    limit: number,
    also?: { readonly activity?: readonly ActivityNote[]; readonly once?: KeyUse & { readonly made: Made } },
  ): Promise<KeptKey | undefined>;
  /**
   * Reads a group, lets `decide` say what changes of it, and commits just that, with the group's wake-up (`dueAtOf`, by the store's clock).
   * `decide` is synchronous and pure and may be called again. With `ownership`, refused as `ownership-lost` when it is no longer the
   * tenant's. A change with more `creates` than the tenant may make is refused as `creates-over-limit`, all of it. With `once`, `decide` is also given what is kept under that key, read in the same transaction.
   */
  transact<T>(
    ref: GroupRef,
    decide: (group: ScalingGroup, kept?: KeptKey) => Decision<T>,
    ownership?: Ownership,
    once?: KeyUse,
  ): Promise<T>;
  /** What is kept under a caller's key, though its group may be gone; undefined when nothing is, or no longer. */
  findKey(use: Pick<KeyUse, 'tenantId' | 'scope' | 'key'>): Promise<KeptKey | undefined>;
  /** The whole group, a deleting one too; undefined when there is none. */
  readGroup(ref: GroupRef): Promise<ScalingGroup | undefined>;
  /** What the state call shows of it; undefined when there is none, or it is deleting. */
  readState(ref: GroupRef): Promise<GroupStateRow | undefined>;
  /** What the list call shows of the tenant's groups that are not deleting, by ascending id. */
  listStates(tenantId: TenantId, page: PageRequest): Promise<readonly GroupStateRow[]>;
  /** Ids of all groups of a tenant, deleting ones too, ascending. */
  groupIdsOf(tenantId: TenantId): Promise<readonly GroupId[]>;
  /** The webhook behind a capability hash; undefined when there is none, or its group is deleting. */
  findCapability(
    hash: CapabilityHash,
  ): Promise<{ readonly ref: GroupRef; readonly policyId: PolicyId; readonly webhookId: WebhookId } | undefined>;
  /**
   * Whether writes to the cloud may start for this group: no `stopAll`, not observe-only (tenant, group); deleting, or neither
   * paused nor suspended; and still owned as `ownership` says. False when there is no such group.
   */
  mayConverge(ref: GroupRef, ownership: Ownership): Promise<boolean>;
  /**
   * Groups of the owner's tenants whose wake-up is not after `now`, in (dueAt, group id) order, at most `limit`; with `marker`, those that
   * come after it in that order.
   */
  due(owner: HostIncarnation, now: EpochMs, limit: number, marker?: DueGroup): Promise<readonly DueGroup[]>;
  /** A group may have become due: a hint. Losing one costs at most the sweep interval. Another host's commits may not be told. */
  readonly woken$: Observable<GroupRef>;
}

/** What is kept of a tenant, in addition to its groups. */
export interface TenantStore {
  /** Tenants that have groups, ascending. */
  tenants(): Promise<readonly TenantId[]>;
  /** Whether groups that are created from now on are suspended; those that there are stay as they are. Idempotent. */
  setTenantSuspended(tenantId: TenantId, suspended: boolean): Promise<void>;
  /** Nodes that its groups added, or were about to, by ascending `nodeRecordKey`. At most `mostNodeRecords` are kept: the eldest goes. */
  nodeRecords(tenantId: TenantId): Promise<readonly NodeRecord[]>;
  /** Removed groups of the last 24 hours, the eldest first. At most `mostTombstones` are kept. */
  tombstones(tenantId: TenantId): Promise<readonly Tombstone[]>;
  /** Servers that the tenant was about to create within the last `within` (at most an hour), and when the eldest of them was. */
  createsWithin(tenantId: TenantId, within: DurationMs): Promise<{ readonly count: number; readonly since: EpochMs | null }>;
  /**
   * What happened to its groups, also to removed ones: oldest first from after `after`, or newest first from before `before`; at most
   * `limit`. What is older than `activityAge` is not shown.
   */
  readActivity(tenantId: TenantId, page: ActivityPage): Promise<readonly ActivityEntry[]>;
  /** What the tenant's cloud is called with; sealed by the store. undefined removes it. Idempotent. */
  setCredentials(tenantId: TenantId, credentials: JsonObject | undefined): Promise<void>;
  credentials(tenantId: TenantId): Promise<JsonObject | undefined>;
}
/** Which entries of activity: of one group or of all, those of a higher sequence than `after`, or of a lower one than `before`; null = from the newest. */
export type ActivityPage = { readonly groupId?: GroupId | undefined; readonly limit: number } & (
  | { readonly after: number }
  | { readonly before: number | null }
);

/** What operators set. Setting again follows `setSwitch`; null lifts. All are idempotent. */
export interface SwitchStore {
  switches(): Promise<Switches>;
  setStopAll(note: SwitchNote | null): Promise<void>;
  /**
   * Of a whole tenant, which need not have groups, when `groupId` is undefined. Rejects as `group-not-found` when there is no such group
   * to observe, and as `size-over-limit` beyond `mostObserved` tenants and groups. The switch of a group goes with the group.
   */
  setObserveOnly(tenantId: TenantId, groupId: GroupId | undefined, note: SwitchNote | null): Promise<void>;
}

/** Hosts that share the store, and which of them runs which tenant (design, section 7). Instants are the store's. */
export interface OwnershipStore {
  /** Begins a life of a host, as `joining` until its first renewal. `host-barred` when this incarnation has lived before. A store may forget lives when 10,000 later ones have ended. */
  join(member: HostIncarnation, lease: DurationMs): Promise<Heartbeat>;
  /** Goes on living for `lease` from now; undefined when the life is over: it ran out, or another host took its tenants. Nothing revives it. */
  renew(
    member: HostIncarnation,
    lease: DurationMs,
    report: { readonly state: MemberState; readonly isCloudHealthy: boolean },
  ): Promise<Heartbeat | undefined>;
  /** Ends a life, and releases what it owned. Idempotent. */
  leave(member: HostIncarnation): Promise<void>;
  /** Living hosts, by host. */
  members(): Promise<readonly Member[]>;
  /** What a host owns, by tenant. */
  ownedBy(owner: HostIncarnation): Promise<readonly Ownership[]>;
  /** Tenants with groups that no living host owns, at most `limit`, the longest unowned first. */
  unowned(limit: number): Promise<readonly UnownedTenant[]>;
  /** The same of one tenant; undefined when a living host owns it, or it has no groups. */
  unownedTenant(tenantId: TenantId): Promise<UnownedTenant | undefined>;
  /**
   * Takes a tenant, if its epoch is still the one that is named and no living host owns it; undefined when not. Raises the epoch. If its
   * owner is dead, that host's membership is removed in the same transaction, so that its renewal finds none. Only a live or joining member may claim.
   */
  claim(owner: HostIncarnation, tenantId: TenantId, epoch: number): Promise<Ownership | undefined>;
  /** Gives a tenant up at once. Nothing when it is no longer owned so. */
  release(ownership: Ownership): Promise<void>;
  /** Ends every life, so that its host begins another, and raises every epoch: after a restore, nothing of before may commit. */
  barAll(): Promise<void>;
}

/** Everything that must outlive a process. */
export interface Store extends GroupStore, TenantStore, SwitchStore, OwnershipStore {
  /** Ends what the store holds open. Calls under way are answered, later ones are refused. Idempotent. */
  close(): Promise<void>;
}

/** Seals what must not be read in a store's files, with one key of the host. */
export interface Secrets {
  /** The same for the same text, and tells nothing of it (HMAC). */
  digest(text: string): string;
  seal(text: string): string;
  /** What was sealed. Throws LutraError `secrets-unreadable` when it was sealed with another key, or changed. */
  open(sealed: string): string;
}

/** Bounds of what a store keeps. */
export interface StoreBounds {
  /** Entries of activity of a group, of all groups of a tenant (also removed ones), and their age. Beyond a bound the eldest goes. */
  readonly activityPerGroup: number;
  readonly activityPerTenant: number;
  readonly activityAge: DurationMs;
  /** Beyond it the eldest goes: the engine makes it anew while its server is there, and no longer knows the node for ours when it is gone. */
  readonly nodeRecordsPerTenant: number;
  readonly tombstonesPerTenant: number;
  readonly tombstoneAge: DurationMs;
}
