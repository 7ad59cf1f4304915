/**
 * The tenants that this host owns: it claims those that nobody owns, up to its share and beyond it what nobody else takes, and gives up what
 * exceeds its share. The store decides who owns what; what is held here follows it. Everything here is done again at the next heartbeat if
 * it fails.
 */
import type { TenantId } from '../model/identifiers.ts';
import type { Heartbeat, HostIncarnation, Ownership, UnownedTenant } from '../model/ownership.ts';
import type { EpochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { OwnershipStore } from '../ports/store.ts';
import type { Clock, Log } from '../ports.ts';
import { fairShare, tenantsToClaim, tenantsToRelease } from './shares.ts';

/** Unowned tenants that are read and claimed at once. */
const claimsAtOnce = 100;
/** Rounds of claims in a row in which other hosts were first. */
const mostMisses = 3;

/** What runs a tenant. */
export interface TenantWork {
  /** Begins nothing more; resolves when everything under way has ended. Idempotent. */
  stop(): Promise<void>;
}
interface Held<W> {
  readonly ownership: Ownership;
  /** When it was taken, by the clock of this host. */
  readonly since: EpochMs;
  readonly work: W;
  /** It is given up: its work stops, then it is released. */
  isGoing: boolean;
  isReleasing: boolean;
}

/** What held tenants work with. */
export interface HoldingPorts<W extends TenantWork> {
  readonly store: OwnershipStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: Options;
  /** The life of this host; undefined while there is none. */
  member(): HostIncarnation | undefined;
  /** Whether this host claims tenants. */
  mayClaim(): boolean;
  /** Makes what runs a tenant. `earlier`: what ran it before and may not have ended. `isHeld`: whether it is still held so. */
  begin(ownership: Ownership, isHeld: () => boolean, earlier: W | undefined): W;
}

export class HeldTenants<W extends TenantWork> {
  readonly #ports: HoldingPorts<W>;
  readonly #held = new Map<TenantId, Held<W>>();
  /** Work of tenants that are no longer held, until it has ended. */
  readonly #ending = new Map<TenantId, W>();
  readonly #claiming = new Set<TenantId>();
  /** Tenants of which the store is asked whether somebody owns them. */
  readonly #asking = new Set<TenantId>();
  /** Whether some tenant had no owner at the last heartbeat. */
  #hasUnowned = true;
  /** Counts what this host has changed of what it owns: a count of the store from before a change is not compared. */
  #changes = 0;
  #isSettling = false;
  /** What came while it settled: it settles once more, by the latest of it. */
  #next: Parameters<HeldTenants<W>['settle']> | undefined;

  constructor(ports: HoldingPorts<W>) {
    this.#ports = ports;
  }

  /** What runs the tenant; undefined while it is not held, or is given up. */
  workOf(tenantId: TenantId): W | undefined {
    const held = this.#held.get(tenantId);
    return held === undefined || held.isGoing ? undefined : held.work;
  }

  /** What runs the tenants that are held and not given up. */
  *works(): Iterable<W> {
    for (const { work, isGoing } of this.#held.values()) if (!isGoing) yield work;
  }

  /** Whether something runs the tenant, or has not ended yet. */
  isRunning(tenantId: TenantId): boolean {
    return this.#held.has(tenantId) || this.#ending.has(tenantId);
  }

  /** Tenants that are held, those that are given up too. */
  get size(): number {
    return this.#held.size;
  }

  /** A mark of what is owned now, for `settle`. */
  get mark(): number {
    return this.#changes;
  }

  /**
   * Does what follows from a heartbeat that was sent at `mark`: takes up what it owns and does not hold, lets go what it holds and does not
   * own, claims, and gives up. `looks`: asks for unowned tenants though the heartbeat counted none. What comes while it settles is done
   * afterwards.
   */
  async settle(heartbeat: Heartbeat, mark: number, looks: boolean): Promise<void> {
    this.#hasUnowned = heartbeat.unowned > 0;
    if (this.#isSettling) {
      this.#next = [heartbeat, mark, looks || this.#next?.[2] === true];
      return;
    }
    this.#isSettling = true;
    await this.#settleOnce(heartbeat, mark, looks);
    this.#isSettling = false;
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) await this.settle(...next);
  }

  /** Never rejects: the next heartbeat tries again. */
  async #settleOnce(heartbeat: Heartbeat, mark: number, looks: boolean): Promise<void> {
    try {
      if (mark === this.#changes && !this.#agreesWith(heartbeat)) await this.#reconcile();
      if (this.#ports.mayClaim()) {
        const share = fairShare(heartbeat.tenants, heartbeat.liveHosts);
        if (looks || heartbeat.unowned > 0) await this.#claimSome(heartbeat, share);
        if (heartbeat.liveHosts > 1) this.#giveUpExcess(share); // nobody else takes what is given up
      } else for (const { ownership } of this.#staying()) this.giveUp(ownership.tenantId);
      for (const held of this.#held.values()) if (held.isGoing) void this.#release(held); // what failed before
    } catch (error) {
      this.#ports.log.warn({ err: error }, 'the tenants of this host could not be seen to; the next heartbeat does that');
    }
  }

  /**
   * Claims a tenant of which a command was taken here, if nobody owns it. The store is asked only where that can be: some tenant had no owner
   * at the last heartbeat, or this one may be new; once at a time for a tenant. Never rejects: where that fails, a heartbeat finds the tenant.
   */
  async claimFor(tenantId: TenantId, isFirst: boolean): Promise<void> {
    const { store, log, member, mayClaim } = this.#ports;
    const claimer = member();
    if (claimer === undefined || !mayClaim() || (!this.#hasUnowned && !isFirst)) return;
    if (this.#held.has(tenantId) || this.#claiming.has(tenantId) || this.#asking.has(tenantId)) return;
    this.#asking.add(tenantId);
    try {
      const unowned = await store.unownedTenant(tenantId);
      if (unowned !== undefined) await this.#claim(claimer, unowned);
    } catch (error) {
      log.debug({ tenantId, err: error }, 'a tenant could not be claimed when a command came; the next heartbeat does that');
    } finally {
      this.#asking.delete(tenantId);
    }
  }

  /** Stops a tenant's work between passes and releases the tenant then. Nothing when it is not held. */
  giveUp(tenantId: TenantId): void {
    const held = this.#held.get(tenantId);
    if (held === undefined || held.isGoing) return;
    held.isGoing = true;
    void this.#release(held);
  }

  /** Everything is lost: its work is told to stop at once. */
  lose(): void {
    for (const held of [...this.#held.values()]) this.#lost(held);
  }

  /** Stops all work, that of tenants which are lost too. Resolves when it has ended; nothing is released. */
  async stop(): Promise<void> {
    const all = [...[...this.#held.values()].map(({ work }) => work), ...this.#ending.values()];
    await Promise.all(all.map((work) => work.stop()));
  }

  #staying(): readonly Held<W>[] {
    return [...this.#held.values()].filter(({ isGoing }) => !isGoing);
  }

  #agreesWith({ owned, highestEpoch }: Heartbeat): boolean {
    const epochs = [...this.#held.values()].map(({ ownership }) => ownership.epoch);
    return owned === epochs.length && highestEpoch === Math.max(0, ...epochs);
  }

  /** Reads what the store says that this life owns: a claim may have been granted, or a release done, whose answer was lost. */
  async #reconcile(): Promise<void> {
    const member = this.#ports.member();
    if (member === undefined) return;
    const mark = this.#changes;
    const owned = new Map((await this.#ports.store.ownedBy(member)).map((ownership) => [ownership.tenantId, ownership]));
    if (mark !== this.#changes) return; // the next heartbeat compares again
    for (const held of [...this.#held.values()]) if (owned.get(held.ownership.tenantId)?.epoch !== held.ownership.epoch) this.#lost(held);
    for (const ownership of owned.values()) this.#take(ownership);
  }

  /**
   * Claims page by page while there is something to claim. Hosts that find the same tenants claim the same ones: where another one was
   * first, the rest is looked for at once. After a few rounds without success it is left to the next heartbeat.
   */
  async #claimSome({ storeNow }: Heartbeat, share: number): Promise<void> {
    const { store, options, member, mayClaim } = this.#ports;
    for (let misses = 0; misses < mostMisses; ) {
      const claimer = member();
      if (claimer === undefined || !mayClaim()) return;
      const page = await store.unowned(claimsAtOnce);
      const wanted = tenantsToClaim(page, { held: this.#held.size, share, storeNow, grace: options.unownedGrace });
      if (wanted.length === 0) return;
      const granted = await Promise.all(wanted.map((unowned) => this.#claim(claimer, unowned)));
      misses = granted.includes(true) ? 0 : misses + 1;
    }
  }

  /** Whether the claim was granted. */
  async #claim(claimer: HostIncarnation, { tenantId, epoch }: UnownedTenant): Promise<boolean> {
    if (!this.#ports.mayClaim() || this.#held.has(tenantId) || this.#claiming.has(tenantId)) return false;
    this.#claiming.add(tenantId);
    this.#changes += 1;
    try {
      const ownership = await this.#ports.store.claim(claimer, tenantId, epoch);
      if (ownership !== undefined) this.#take(ownership);
      return ownership !== undefined;
    } finally {
      this.#claiming.delete(tenantId);
      this.#changes += 1;
    }
  }

  /** Begins to run a tenant; gives it back where the host is fit no longer, or leaves. Nothing when that life is over, or it is held so already. */
  #take(ownership: Ownership): void {
    const { clock, member, mayClaim, begin } = this.#ports;
    const { tenantId, owner, epoch } = ownership;
    if (member()?.incarnation !== owner.incarnation || this.#held.get(tenantId)?.ownership.epoch === epoch) return;
    if (!mayClaim()) {
      void this.#decline(ownership);
      return;
    }
    const isHeld = (): boolean => this.#held.get(tenantId)?.ownership.epoch === epoch;
    const work = begin(ownership, isHeld, this.#ending.get(tenantId));
    this.#held.set(tenantId, { ownership, since: clock.now(), work, isGoing: false, isReleasing: false });
  }

  /** Never rejects: the next heartbeat tells of a tenant that is owned and not held. */
  async #decline(ownership: Ownership): Promise<void> {
    this.#changes += 1;
    try {
      await this.#ports.store.release(ownership);
    } catch (error) {
      this.#ports.log.debug({ tenantId: ownership.tenantId, err: error }, 'a tenant could not be given back; the next heartbeat does that');
    } finally {
      this.#changes += 1;
    }
  }

  #lost({ ownership: { tenantId }, work }: Held<W>): void {
    this.#held.delete(tenantId);
    this.#ending.set(tenantId, work);
    const over = (): void => {
      if (this.#ending.get(tenantId) === work) this.#ending.delete(tenantId);
    };
    work.stop().then(over, over);
  }

  #giveUpExcess(share: number): void {
    const { clock, options } = this.#ports;
    const excess = tenantsToRelease(this.#staying(), { share, now: clock.now(), atLeast: options.heldAtLeast });
    for (const { ownership } of excess) this.giveUp(ownership.tenantId);
  }

  /** Never rejects: the next heartbeat tries again. */
  async #release(held: Held<W>): Promise<void> {
    if (held.isReleasing) return;
    held.isReleasing = true;
    const { tenantId } = held.ownership;
    try {
      await held.work.stop();
      if (this.#held.get(tenantId) !== held) return;
      this.#changes += 1;
      await this.#ports.store.release(held.ownership);
      if (this.#held.get(tenantId) === held) this.#held.delete(tenantId);
    } catch (error) {
      this.#ports.log.warn({ tenantId, err: error }, 'a tenant could not be given up; the next heartbeat tries again');
    } finally {
      this.#changes += 1;
      held.isReleasing = false;
    }
  }
}
