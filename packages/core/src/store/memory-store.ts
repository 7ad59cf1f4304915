import { type Observable, Subject } from 'rxjs';
import { LutraError, refuse } from '../errors.ts';
import type { ActivityEntry } from '../model/activity.ts';
import type { KeptKey, KeyUse } from '../model/caller-key.ts';
import { changeGroup, isNoChange } from '../model/group-change.ts';
import { byId, type CapabilityHash, type GroupId, type TenantId, type WebhookId } from '../model/identifiers.ts';
import type { JsonObject } from '../model/json.ts';
import type { NodeRecord, Tombstone } from '../model/node-record.ts';
import type { Heartbeat, HostIncarnation, Member, Ownership, UnownedTenant } from '../model/ownership.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import type { Switches, SwitchNote } from '../model/switches.ts';
import type { DurationMs, EpochMs } from '../model/time.ts';
import { dueAtOf } from '../model/wake-ups.ts';
import type { ActivityPage, GroupStateRow, Secrets, StoreBounds } from '../ports/store.ts';
import type { Clock, Decision, DueGroup, PageRequest, Store } from '../ports.ts';
import { closing } from './closing.ts';
import { defaultBounds } from './default-bounds.ts';
import { MemoryActivity } from './memory-activity.ts';
import { MemoryCreates } from './memory-creates.ts';
import { MemoryCredentials } from './memory-credentials.ts';
import { MemoryKeys } from './memory-keys.ts';
import { MemoryNodeRecords } from './memory-node-records.ts';
import { MemoryOwnership } from './memory-ownership.ts';
import { MemorySwitches } from './memory-switches.ts';
import { MemoryTombstones } from './memory-tombstones.ts';
import { plainSecrets } from './plain-secrets.ts';
import { WakeUpQueue } from './wake-up-queue.ts';

/** What a store in memory may be given. */
export interface MemoryStoreSettings {
  /**
   * What seals credentials, and stands for capability hashes where they are looked up: with a keyed digest, how long a look-up takes tells
   * a stranger nothing of the hashes there are. A host gives `nodeSecrets` of `@lutra/core/node`; when absent, nothing is sealed.
   */
  readonly secrets?: Secrets;
  /** Those that differ from `defaultBounds`. */
  readonly bounds?: Partial<StoreBounds>;
}

/**
 * Everything in memory: for simulations, tests, and hosts that may forget. Every write is complete when its promise resolves; nothing
 * outlives the process.
 */
export function createMemoryStore(clock: Clock, { secrets = plainSecrets, bounds = {} }: MemoryStoreSettings = {}): Store {
  const store = new MemoryStore(clock, secrets, { ...defaultBounds, ...bounds });
  return closing(store, () => store.end());
}

class MemoryStore implements Omit<Store, 'close'> {
  readonly #clock: Clock;
  readonly #tenants = new Map<TenantId, Map<GroupId, ScalingGroup>>();
  readonly #suspended = new Set<TenantId>();
  readonly #secrets: Secrets;
  /** By digest. */
  readonly #capabilities = new Map<string, { readonly ref: GroupRef; readonly webhookId: WebhookId }>();
  readonly #wakeUps = new WakeUpQueue();
  readonly #woken = new Subject<GroupRef>();
  readonly #ownership: MemoryOwnership;
  readonly #keys = new MemoryKeys();
  readonly #activity: MemoryActivity;
  readonly #records: MemoryNodeRecords;
  readonly #tombstones: MemoryTombstones;
  readonly #creates = new MemoryCreates();
  readonly #switches = new MemorySwitches();
  readonly #credentials: MemoryCredentials;
  readonly woken$: Observable<GroupRef> = this.#woken.asObservable();

  constructor(clock: Clock, secrets: Secrets, bounds: StoreBounds) {
    this.#activity = new MemoryActivity(bounds);
    this.#records = new MemoryNodeRecords(bounds.nodeRecordsPerTenant);
    this.#tombstones = new MemoryTombstones(bounds.tombstoneAge, bounds.tombstonesPerTenant);
    this.#credentials = new MemoryCredentials(secrets);
    this.#clock = clock;
    this.#secrets = secrets;
    this.#ownership = new MemoryOwnership(
      () => clock.now(),
      () => this.#switches.stopAll,
    );
  }

  /** Ends the stream of hints. */
  end(): void {
    this.#woken.complete();
  }

  async createGroup(
    group: ScalingGroup,
    limit: number,
    { once, activity = [] }: Parameters<Store['createGroup']>[2] = {},
  ): Promise<KeptKey | undefined> {
    const now = this.#clock.now();
    const kept = once === undefined ? undefined : this.#keys.find(once, now);
    if (kept !== undefined) return kept;
    const groups = this.#tenants.get(group.tenantId) ?? new Map<GroupId, ScalingGroup>();
    let visible = 0;
    for (const { spec } of groups.values()) if (!spec.deleting) visible += 1;
    if (visible >= limit) throw refuse.groupsOverLimit(group.tenantId, limit);
    this.#tenants.set(group.tenantId, groups);
    this.#ownership.tenantCame(group.tenantId);
    this.#put(undefined, this.#suspended.has(group.tenantId) ? { ...group, spec: { ...group.spec, suspended: true } } : group);
    this.#activity.record(group, activity, now);
    if (once !== undefined) this.#keys.keep(once, once.made, now);
    return undefined;
  }

  async setTenantSuspended(tenantId: TenantId, suspended: boolean): Promise<void> {
    if (suspended) this.#suspended.add(tenantId);
    else this.#suspended.delete(tenantId);
  }

  async transact<T>(
    ref: GroupRef,
    decide: (group: ScalingGroup, kept?: KeptKey) => Decision<T>,
    ownership?: Ownership,
    once?: KeyUse,
  ): Promise<T> {
    const before = this.#tenants.get(ref.tenantId)?.get(ref.groupId);
    if (before === undefined) throw refuse.noSuchGroup(ref);
    if (ownership !== undefined && !this.#ownership.isOwned(ownership))
      throw new LutraError('ownership-lost', `Tenant ${ref.tenantId} is no longer run by host ${ownership.owner.host}`);
    const now = this.#clock.now();
    const { change, answer, made } = decide(before, once === undefined ? undefined : this.#keys.find(once, now));
    const { activity = [], records, creates, ...changed } = change;
    if (creates !== undefined) this.#creates.add(ref.tenantId, creates, now); // first: it may refuse
    if (once !== undefined && made !== undefined) this.#keys.keep(once, made, now);
    this.#activity.record(ref, activity, now);
    if (records !== undefined) this.#records.change(ref.tenantId, records);
    if (change.removed !== undefined) this.#remove(before, change.removed.tokens, now);
    else if (!isNoChange(changed)) this.#put(before, changeGroup(before, change));
    return answer;
  }

  async findKey(use: Pick<KeyUse, 'tenantId' | 'scope' | 'key'>): Promise<KeptKey | undefined> {
    return this.#keys.find(use, this.#clock.now());
  }

  async readGroup(ref: GroupRef): Promise<ScalingGroup | undefined> {
    return this.#tenants.get(ref.tenantId)?.get(ref.groupId);
  }

  async readState(ref: GroupRef): Promise<GroupStateRow | undefined> {
    const group = this.#tenants.get(ref.tenantId)?.get(ref.groupId);
    return group === undefined || group.spec.deleting ? undefined : stateRowOf(group);
  }

  async listStates(tenantId: TenantId, { marker, limit }: PageRequest): Promise<readonly GroupStateRow[]> {
    return [...(this.#tenants.get(tenantId)?.values() ?? [])]
      .filter(({ groupId, spec }) => !spec.deleting && (marker === undefined || groupId > marker))
      .sort((a, b) => byId(a.groupId, b.groupId))
      .slice(0, limit)
      .map(stateRowOf);
  }

  async mayConverge(ref: GroupRef, ownership: Ownership): Promise<boolean> {
    const spec = this.#tenants.get(ref.tenantId)?.get(ref.groupId)?.spec;
    if (spec === undefined || !this.#ownership.isOwned(ownership) || !this.#switches.mayWrite(ref)) return false;
    return spec.deleting || !(spec.paused || spec.suspended);
  }

  async groupIdsOf(tenantId: TenantId): Promise<readonly GroupId[]> {
    return [...(this.#tenants.get(tenantId)?.keys() ?? [])].sort(byId);
  }

  async tenants(): Promise<readonly TenantId[]> {
    return [...this.#tenants.keys()].sort(byId);
  }

  async readActivity(tenantId: TenantId, page: ActivityPage): Promise<readonly ActivityEntry[]> {
    return this.#activity.read(tenantId, page, this.#clock.now());
  }

  async nodeRecords(tenantId: TenantId): Promise<readonly NodeRecord[]> {
    return this.#records.of(tenantId);
  }

  async tombstones(tenantId: TenantId): Promise<readonly Tombstone[]> {
    return this.#tombstones.of(tenantId, this.#clock.now());
  }

  async createsWithin(tenantId: TenantId, within: DurationMs): ReturnType<Store['createsWithin']> {
    return this.#creates.within(tenantId, within, this.#clock.now());
  }

  async setCredentials(tenantId: TenantId, credentials: JsonObject | undefined): Promise<void> {
    this.#credentials.set(tenantId, credentials);
  }

  async credentials(tenantId: TenantId): Promise<JsonObject | undefined> {
    return this.#credentials.of(tenantId);
  }

  async switches(): Promise<Switches> {
    return this.#switches.all();
  }

  async setStopAll(note: SwitchNote | null): Promise<void> {
    this.#switches.setStopAll(note, this.#clock.now());
  }

  async setObserveOnly(tenantId: TenantId, groupId: GroupId | undefined, note: SwitchNote | null): Promise<void> {
    const isGone = groupId !== undefined && this.#tenants.get(tenantId)?.get(groupId) === undefined;
    if (isGone && note !== null) throw refuse.noSuchGroup({ tenantId, groupId });
    this.#switches.setObserveOnly(tenantId, groupId, note, this.#clock.now());
  }

  async findCapability(hash: CapabilityHash): ReturnType<Store['findCapability']> {
    const found = this.#capabilities.get(this.#secrets.digest(hash));
    if (found === undefined) return undefined;
    const group = await this.readGroup(found.ref);
    const webhook = group?.webhooks[found.webhookId];
    if (webhook === undefined || group?.spec.deleting || !sameSecret(webhook.hash, hash)) return undefined;
    return { ref: found.ref, policyId: webhook.policyId, webhookId: webhook.id };
  }

  async due(owner: HostIncarnation, now: EpochMs, limit: number, marker?: DueGroup): Promise<readonly DueGroup[]> {
    return this.#wakeUps.due(now, limit, marker, ({ tenantId }) => this.#ownership.isOwner(owner, tenantId));
  }

  join(member: HostIncarnation, lease: DurationMs): Promise<Heartbeat> {
    return this.#ownership.join(member, lease);
  }

  renew(...beat: Parameters<Store['renew']>): Promise<Heartbeat | undefined> {
    return this.#ownership.renew(...beat);
  }

  leave(member: HostIncarnation): Promise<void> {
    return this.#ownership.leave(member);
  }

  members(): Promise<readonly Member[]> {
    return this.#ownership.members();
  }

  ownedBy(owner: HostIncarnation): Promise<readonly Ownership[]> {
    return this.#ownership.ownedBy(owner);
  }

  unowned(limit: number): Promise<readonly UnownedTenant[]> {
    return this.#ownership.unowned(limit);
  }

  unownedTenant(tenantId: TenantId): Promise<UnownedTenant | undefined> {
    return this.#ownership.unownedTenant(tenantId);
  }

  claim(owner: HostIncarnation, tenantId: TenantId, epoch: number): Promise<Ownership | undefined> {
    return this.#ownership.claim(owner, tenantId, epoch);
  }

  release(ownership: Ownership): Promise<void> {
    return this.#ownership.release(ownership);
  }

  barAll(): Promise<void> {
    return this.#ownership.barAll();
  }

  #put(before: ScalingGroup | undefined, group: ScalingGroup): void {
    const { tenantId, groupId } = group;
    this.#tenants.get(tenantId)?.set(groupId, group);
    if (before?.webhooks !== group.webhooks) {
      for (const { hash } of Object.values(before?.webhooks ?? {})) this.#capabilities.delete(this.#secrets.digest(hash));
      for (const { id, hash } of Object.values(group.webhooks))
        this.#capabilities.set(this.#secrets.digest(hash), { ref: { tenantId, groupId }, webhookId: id });
    }
    this.#wakeUps.set({ tenantId, groupId }, dueAtOf(group, this.#clock.now()));
    this.#woken.next({ tenantId, groupId });
  }

  #remove(group: ScalingGroup, tokens: readonly string[], now: EpochMs): void {
    const { tenantId, groupId } = group;
    const groups = this.#tenants.get(tenantId);
    groups?.delete(groupId);
    if (groups?.size === 0) {
      this.#tenants.delete(tenantId);
      this.#ownership.tenantWent(tenantId);
    }
    this.#switches.removed(group);
    this.#tombstones.add(tenantId, { groupId, tokens, at: now });
    for (const { hash } of Object.values(group.webhooks)) this.#capabilities.delete(this.#secrets.digest(hash));
    this.#wakeUps.set({ tenantId, groupId }, undefined);
  }
}

const stateRowOf = ({ tenantId, groupId, spec, progress, servers }: ScalingGroup): GroupStateRow => ({
  ...{ tenantId, groupId, spec, progress, servers },
});

/** Whether two secrets are equal, in a time that does not depend on where they differ. */
function sameSecret(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index += 1) difference |= a.charCodeAt(index) ^ b.charCodeAt(index % (b.length || 1));
  return difference === 0;
}
