import { type Observable, Subject } from 'rxjs';
import { LutraError, refuse } from '../errors.ts';
import type { ActivityEntry } from '../model/activity.ts';
import type { KeptKey, KeyUse } from '../model/caller-key.ts';
import { changeGroup, isNoChange } from '../model/group-change.ts';
import { byId, type CapabilityHash, type GroupId, type TenantId, type WebhookId } from '../model/identifiers.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import type { DurationMs, EpochMs } from '../model/time.ts';
import { dueAtOf } from '../model/wake-ups.ts';
import type { ActivityPage, StoreBounds } from '../ports/store.ts';
import type { Clock, Decision, DueGroup, Lease, PageRequest, Store } from '../ports.ts';
import { defaultBounds } from './default-bounds.ts';
import { MemoryActivity } from './memory-activity.ts';
import { MemoryKeys } from './memory-keys.ts';
import { MemoryLeases } from './memory-leases.ts';
import { WakeUpQueue } from './wake-up-queue.ts';

/**
 * Groups in memory: for simulations, tests, and hosts that may forget. Every write is complete when its promise resolves; nothing
 * outlives the process. `digest` stands for a capability hash where it is looked up; a host gives a keyed one (`keyedDigest` of
 * `@lutra/core/node`), so that how long a look-up takes tells a stranger nothing of the hashes there are.
 */
export function createMemoryStore(
  clock: Clock,
  digest: (hash: CapabilityHash) => string = (hash) => hash,
  bounds: Partial<StoreBounds> = {},
): Store {
  return new MemoryStore(clock, digest, { ...defaultBounds, ...bounds });
}

class MemoryStore implements Store {
  readonly #clock: Clock;
  readonly #tenants = new Map<TenantId, Map<GroupId, ScalingGroup>>();
  readonly #suspended = new Set<TenantId>();
  readonly #digest: (hash: CapabilityHash) => string;
  /** By digest. */
  readonly #capabilities = new Map<string, { readonly ref: GroupRef; readonly webhookId: WebhookId }>();
  readonly #wakeUps = new WakeUpQueue();
  readonly #woken = new Subject<GroupRef>();
  readonly #leases = new MemoryLeases((tenantId) => this.#tenants.has(tenantId));
  readonly #keys = new MemoryKeys();
  readonly #activity: MemoryActivity;
  readonly woken$: Observable<GroupRef> = this.#woken.asObservable();

  constructor(clock: Clock, digest: (hash: CapabilityHash) => string, bounds: StoreBounds) {
    this.#activity = new MemoryActivity(bounds);
    this.#clock = clock;
    this.#digest = digest;
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
    this.#put(undefined, this.#suspended.has(group.tenantId) ? { ...group, spec: { ...group.spec, suspended: true } } : group);
    this.#activity.record(group, activity, now);
    if (once !== undefined) this.#keys.keep(once, once.made, now);
    return undefined;
  }

  async setTenantSuspended(tenantId: TenantId, suspended: boolean): Promise<void> {
    if (suspended) this.#suspended.add(tenantId);
    else this.#suspended.delete(tenantId);
  }

  async transact<T>(ref: GroupRef, decide: (group: ScalingGroup, kept?: KeptKey) => Decision<T>, lease?: Lease, once?: KeyUse): Promise<T> {
    const before = this.#tenants.get(ref.tenantId)?.get(ref.groupId);
    if (before === undefined) throw refuse.noSuchGroup(ref);
    if (lease !== undefined && !this.#leases.isLatest(lease)) {
      throw new LutraError('lease-lost', `The lease of tenant ${ref.tenantId} was taken by another host`);
    }
    const now = this.#clock.now();
    const { change, answer, made } = decide(before, once === undefined ? undefined : this.#keys.find(once, now));
    const { activity = [], ...changed } = change;
    if (once !== undefined && made !== undefined) this.#keys.keep(once, made, now);
    this.#activity.record(ref, activity, now);
    if (change.removed !== undefined) this.#remove(before);
    else if (!isNoChange(changed)) this.#put(before, changeGroup(before, change));
    return answer;
  }

  async findKey(use: Pick<KeyUse, 'tenantId' | 'scope' | 'key'>): Promise<KeptKey | undefined> {
    return this.#keys.find(use, this.#clock.now());
  }

  async readGroup(ref: GroupRef): Promise<ScalingGroup | undefined> {
    return this.#tenants.get(ref.tenantId)?.get(ref.groupId);
  }

  async listGroups(tenantId: TenantId, { marker, limit }: PageRequest): Promise<readonly ScalingGroup[]> {
    return [...(this.#tenants.get(tenantId)?.values() ?? [])]
      .filter(({ groupId, spec }) => !spec.deleting && (marker === undefined || groupId > marker))
      .sort((a, b) => byId(a.groupId, b.groupId))
      .slice(0, limit);
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

  async findCapability(hash: CapabilityHash): ReturnType<Store['findCapability']> {
    const found = this.#capabilities.get(this.#digest(hash));
    if (found === undefined) return undefined;
    const group = await this.readGroup(found.ref);
    const webhook = group?.webhooks[found.webhookId];
    if (webhook === undefined || group?.spec.deleting || !sameSecret(webhook.hash, hash)) return undefined;
    return { ref: found.ref, policyId: webhook.policyId, webhookId: webhook.id };
  }

  async due(now: EpochMs, limit: number, marker?: DueGroup): Promise<readonly DueGroup[]> {
    return this.#wakeUps.due(now, limit, marker);
  }

  async claimLease(tenantId: TenantId, owner: string, duration: DurationMs): Promise<Lease | undefined> {
    return this.#leases.claim(tenantId, owner, duration, this.#clock.now());
  }

  async releaseLease(lease: Lease): Promise<void> {
    this.#leases.release(lease, this.#clock.now());
  }

  #put(before: ScalingGroup | undefined, group: ScalingGroup): void {
    const { tenantId, groupId } = group;
    this.#tenants.get(tenantId)?.set(groupId, group);
    if (before?.webhooks !== group.webhooks) {
      for (const { hash } of Object.values(before?.webhooks ?? {})) this.#capabilities.delete(this.#digest(hash));
      for (const { id, hash } of Object.values(group.webhooks))
        this.#capabilities.set(this.#digest(hash), { ref: { tenantId, groupId }, webhookId: id });
    }
    this.#wakeUps.set({ tenantId, groupId }, dueAtOf(group, this.#clock.now()));
    this.#woken.next({ tenantId, groupId });
  }

  #remove(group: ScalingGroup): void {
    const { tenantId, groupId } = group;
    const groups = this.#tenants.get(tenantId);
    groups?.delete(groupId);
    if (groups?.size === 0) this.#tenants.delete(tenantId);
    this.#leases.noteGroups(tenantId);
    for (const { hash } of Object.values(group.webhooks)) this.#capabilities.delete(this.#digest(hash));
    this.#wakeUps.set({ tenantId, groupId }, undefined);
  }
}

/** Whether two secrets are equal, in a time that does not depend on where they differ. */
function sameSecret(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index += 1) difference |= a.charCodeAt(index) ^ b.charCodeAt(index % (b.length || 1));
  return difference === 0;
}
