import { Subscription } from 'rxjs';
import type { TenantId } from '../model/identifiers.ts';
import { type EpochMs, epochMs, later } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Clock, Lease, Log, Store } from '../ports.ts';

/** Time before the end of a lease in which nothing may be begun any more, milliseconds. */
const safetyMargin = 1000;

/**
 * Holds a tenant's lease while it is needed: taken when a pass begins, renewed while any is in flight, given back at the end. An idle
 * tenant's lease runs out by itself.
 */
export class LeaseKeeper {
  readonly #tenantId: TenantId;
  readonly #owner: string;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #options: Options;
  readonly #log: Log;
  #lease: Lease | undefined;
  /** Until when writes may begin: counted from before the claiming call, so that a slow answer shortens it. */
  #goodUntil: EpochMs = epochMs(0);
  /** Until when another host may hold the lease that it had when we last asked. */
  #elsewhereUntil: EpochMs = epochMs(0);
  #claiming: Promise<Lease | undefined> | undefined;
  #users = 0;
  #renewal = new Subscription();

  constructor(tenantId: TenantId, owner: string, store: Store, clock: Clock, options: Options, log: Log) {
    this.#tenantId = tenantId;
    this.#owner = owner;
    this.#store = store;
    this.#clock = clock;
    this.#options = options;
    this.#log = log;
  }

  /** Runs `work` with the lease, renewing it meanwhile; undefined when another host holds it. Rejects when the store cannot be reached. */
  async use<T>(work: (lease: Lease) => Promise<T>): Promise<T | undefined> {
    const lease = await this.#claimIfOld();
    if (lease === undefined) return undefined;
    this.#users += 1;
    if (this.#users === 1) this.#renewLater();
    try {
      return await work(lease);
    } finally {
      this.#users -= 1;
      if (this.#users === 0) this.#renewal.unsubscribe();
    }
  }

  /** Whether a write may still begin under `lease`. */
  isGood(lease: Lease): boolean {
    return this.#lease?.epoch === lease.epoch && this.#clock.now() < this.#goodUntil;
  }

  /** Whether another host held the lease when we last asked, and may still. */
  get isElsewhere(): boolean {
    return this.#clock.now() < this.#elsewhereUntil;
  }

  /** Gives the lease back, so that another host need not wait for its end; after a claim under way, which would take it again. */
  async release(): Promise<void> {
    this.#renewal.unsubscribe();
    await this.#claiming?.catch(() => undefined); // whoever claims hears of it
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease !== undefined) await this.#store.releaseLease(lease);
  }

  async #claimIfOld(): Promise<Lease | undefined> {
    const left = this.#goodUntil - this.#clock.now();
    if (this.#lease !== undefined && left > this.#options.leaseDuration - this.#options.leaseRenewal - safetyMargin) return this.#lease;
    return this.#claim();
  }

  /** One claim at a time: whoever asks meanwhile shares its answer. */
  #claim(): Promise<Lease | undefined> {
    this.#claiming ??= this.#claimNow().finally(() => {
      this.#claiming = undefined;
    });
    return this.#claiming;
  }

  async #claimNow(): Promise<Lease | undefined> {
    const asked = this.#clock.now();
    const lease = await this.#store.claimLease(this.#tenantId, this.#owner, this.#options.leaseDuration);
    this.#lease = lease;
    this.#elsewhereUntil = lease === undefined ? later(this.#clock.now(), this.#options.leaseDuration) : epochMs(0);
    this.#goodUntil = lease === undefined ? epochMs(0) : epochMs(later(asked, this.#options.leaseDuration) - safetyMargin);
    return lease;
  }

  /** One renewal is ahead at most: another one that was would outlive the last user. */
  #renewLater(): void {
    this.#renewal.unsubscribe();
    this.#renewal = this.#clock.after(this.#options.leaseRenewal).subscribe(() => {
      this.#claim()
        .catch((error: unknown) => this.#log.warn({ tenantId: this.#tenantId, err: error }, 'lease could not be renewed'))
        .finally(() => {
          if (this.#users > 0) this.#renewLater();
        });
    });
  }
}
