import { LutraError } from '../errors.ts';
import { byId, type TenantId } from '../model/identifiers.ts';
import type { Heartbeat, HostIncarnation, Member, MemberState, Ownership, UnownedTenant } from '../model/ownership.ts';
import type { SetSwitch } from '../model/switches.ts';
import { type DurationMs, type EpochMs, epochMs, instantWithin, later } from '../model/time.ts';
import type { OwnershipStore } from '../ports/store.ts';

/** Lives that have ended and are still known, so that none of them begins again. The eldest goes first. */
const mostEndedLives = 10_000;

/** A member, and for how long it was last given: one that lives longer than that from now was given it by a clock that was ahead. */
interface Life extends Member {
  readonly lease: DurationMs;
}
interface TenantRow {
  readonly owner: HostIncarnation | undefined;
  readonly epoch: number;
  /** Since when it has had no owner. */
  readonly since: EpochMs;
  readonly hasGroups: boolean;
}

/**
 * Hosts and what they own, in memory, in the time of `now`. Every call of the port first ends the lives that have run out, so that nothing
 * can revive one. `isOwned` and `isOwner` end none: a dead owner commits until somebody finds it dead, which no claim can miss. A tenant
 * is known from `tenantCame` until it has neither groups nor an owner. Epochs are counted over all tenants: one that comes back is never
 * given an old epoch.
 */
export class MemoryOwnership implements OwnershipStore {
  readonly #now: () => EpochMs;
  readonly #stopAll: () => SetSwitch | null;
  readonly #lives = new Map<string, Life>();
  readonly #ended = new Set<string>();
  readonly #tenants = new Map<TenantId, TenantRow>();
  #epochs = 0;

  /** `stopAll`: what stops all hosts, for heartbeats to tell. */
  constructor(now: () => EpochMs, stopAll: () => SetSwitch | null = () => null) {
    this.#now = now;
    this.#stopAll = stopAll;
  }

  /** The tenant has its first group. Idempotent. */
  tenantCame(tenantId: TenantId): void {
    const row = this.#tenants.get(tenantId) ?? { owner: undefined, epoch: this.#epochs, since: this.#now() };
    this.#tenants.set(tenantId, { ...row, hasGroups: true });
  }

  /** The tenant's last group is gone. Idempotent. */
  tenantWent(tenantId: TenantId): void {
    const row = this.#tenants.get(tenantId);
    if (row !== undefined) this.#put(tenantId, { ...row, hasGroups: false });
  }

  /** Tenants that are known. */
  get size(): number {
    return this.#tenants.size;
  }

  /** Whether the tenant is owned just so. A commit under any other ownership is refused. */
  isOwned({ tenantId, owner, epoch }: Ownership): boolean {
    const row = this.#tenants.get(tenantId);
    return row?.owner !== undefined && keyOf(row.owner) === keyOf(owner) && row.epoch === epoch;
  }

  /** Whether this host owns the tenant, under whatever epoch. */
  isOwner(owner: HostIncarnation, tenantId: TenantId): boolean {
    const row = this.#tenants.get(tenantId);
    return row?.owner !== undefined && keyOf(row.owner) === keyOf(owner);
  }

  async join({ host, incarnation }: HostIncarnation, lease: DurationMs): Promise<Heartbeat> {
    const now = this.#endLives();
    const key = keyOf({ host, incarnation });
    if (this.#lives.has(key) || this.#ended.has(key))
      throw new LutraError('host-barred', `Host ${host} joined as ${incarnation}, which has lived before`);
    const life: Life = { host, incarnation, until: later(now, lease), state: 'joining', cloudHealthyAt: null, lease };
    this.#lives.set(key, life);
    return this.#heartbeat(life, now);
  }

  async renew(
    member: HostIncarnation,
    lease: DurationMs,
    { state, isCloudHealthy }: { readonly state: MemberState; readonly isCloudHealthy: boolean },
  ): Promise<Heartbeat | undefined> {
    const now = this.#endLives();
    const before = this.#lives.get(keyOf(member));
    if (before === undefined) return undefined;
    const life: Life = { ...before, until: later(now, lease), state, lease, cloudHealthyAt: isCloudHealthy ? now : before.cloudHealthyAt };
    this.#lives.set(keyOf(member), life);
    return this.#heartbeat(life, now);
  }

  async leave(member: HostIncarnation): Promise<void> {
    this.#endLife(member, this.#endLives());
  }

  async members(): Promise<readonly Member[]> {
    this.#endLives();
    return [...this.#lives.values()]
      .map(({ lease: _, ...member }) => member)
      .sort((a, b) => byId(a.host, b.host) || byId(a.incarnation, b.incarnation));
  }

  async ownedBy(owner: HostIncarnation): Promise<readonly Ownership[]> {
    this.#endLives();
    return [...this.#tenants]
      .filter(([tenantId]) => this.isOwner(owner, tenantId))
      .map(([tenantId, { epoch }]) => ({ tenantId, owner, epoch }))
      .sort((a, b) => byId(a.tenantId, b.tenantId));
  }

  async unowned(limit: number): Promise<readonly UnownedTenant[]> {
    this.#endLives();
    return [...this.#tenants]
      .filter(([, row]) => isUnowned(row))
      .map(([tenantId, { epoch, since }]) => ({ tenantId, epoch, since }))
      .sort((a, b) => a.since - b.since || byId(a.tenantId, b.tenantId))
      .slice(0, limit);
  }

  async unownedTenant(tenantId: TenantId): Promise<UnownedTenant | undefined> {
    this.#endLives();
    const row = this.#tenants.get(tenantId);
    return row !== undefined && isUnowned(row) ? { tenantId, epoch: row.epoch, since: row.since } : undefined;
  }

  async claim({ host, incarnation }: HostIncarnation, tenantId: TenantId, epoch: number): Promise<Ownership | undefined> {
    this.#endLives();
    const owner = { host, incarnation };
    const row = this.#tenants.get(tenantId);
    if (row === undefined || !isUnowned(row) || row.epoch !== epoch) return undefined;
    const state = this.#lives.get(keyOf(owner))?.state;
    if (state !== 'live' && state !== 'joining') return undefined;
    this.#epochs += 1;
    this.#put(tenantId, { ...row, owner, epoch: this.#epochs });
    return { tenantId, owner, epoch: this.#epochs };
  }

  async release(ownership: Ownership): Promise<void> {
    const now = this.#endLives();
    if (this.isOwned(ownership)) this.#free(ownership.tenantId, now);
  }

  async barAll(): Promise<void> {
    const now = this.#endLives();
    for (const life of [...this.#lives.values()]) this.#endLife(life, now);
    for (const [tenantId, row] of this.#tenants) {
      this.#epochs += 1;
      this.#tenants.set(tenantId, { ...row, epoch: this.#epochs });
    }
  }

  #heartbeat(life: Life, now: EpochMs): Heartbeat {
    const owned = [...this.#tenants].filter(([tenantId]) => this.isOwner(life, tenantId));
    const withGroups = [...this.#tenants.values()].filter(({ hasGroups }) => hasGroups);
    const live = [...this.#lives.values()].filter(({ state }) => state === 'live');
    const healthy = live.filter((other) => keyOf(other) !== keyOf(life)).flatMap(({ cloudHealthyAt }) => cloudHealthyAt ?? []);
    return {
      storeNow: now,
      owned: owned.length,
      highestEpoch: Math.max(0, ...owned.map(([, { epoch }]) => epoch)),
      tenants: withGroups.length,
      unowned: withGroups.filter(isUnowned).length,
      liveHosts: live.length,
      healthyElsewhereAt: healthy.length === 0 ? null : epochMs(Math.max(...healthy)),
      stopAll: this.#stopAll(),
    };
  }

  /** Ends the lives that have run out; what time it is. */
  #endLives(): EpochMs {
    const now = this.#now();
    for (const life of [...this.#lives.values()]) {
      const until = instantWithin(life.until, now, life.lease);
      if (until <= now) this.#endLife(life, until);
    }
    return now;
  }

  #endLife(member: HostIncarnation, at: EpochMs): void {
    const key = keyOf(member);
    for (const tenantId of [...this.#tenants.keys()]) if (this.isOwner(member, tenantId)) this.#free(tenantId, at);
    this.#lives.delete(key);
    this.#ended.add(key);
    const [eldest] = this.#ended;
    if (this.#ended.size > mostEndedLives && eldest !== undefined) this.#ended.delete(eldest);
  }

  #free(tenantId: TenantId, since: EpochMs): void {
    const row = this.#tenants.get(tenantId);
    if (row !== undefined) this.#put(tenantId, { ...row, owner: undefined, since });
  }

  #put(tenantId: TenantId, row: TenantRow): void {
    if (row.owner === undefined && !row.hasGroups) this.#tenants.delete(tenantId);
    else this.#tenants.set(tenantId, row);
  }
}

const isUnowned = ({ owner, hasGroups }: TenantRow): boolean => owner === undefined && hasGroups;

const keyOf = ({ host, incarnation }: HostIncarnation): string => JSON.stringify([host, incarnation]);
