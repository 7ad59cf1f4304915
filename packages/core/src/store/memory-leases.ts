import type { TenantId } from '../model/identifiers.ts';
import { type DurationMs, type EpochMs, instantWithin, later, milliseconds } from '../model/time.ts';
import type { Lease } from '../ports.ts';

/** A lease, and for how long it was last given: none that ends later than that from now was given by this clock. */
interface Granted extends Lease {
  readonly duration: DurationMs;
}

/**
 * Leases of tenants, in memory. Those of tenants without groups are forgotten once they are over, so that there are no more than
 * tenants; epochs are counted over all tenants, so that one who comes back does not get an old one again.
 */
export class MemoryLeases {
  readonly #hasGroups: (tenantId: TenantId) => boolean;
  readonly #leases = new Map<TenantId, Granted>();
  /** Tenants with a lease that had no groups when somebody last looked. */
  readonly #passing = new Set<TenantId>();
  #epochs = 0;

  constructor(hasGroups: (tenantId: TenantId) => boolean) {
    this.#hasGroups = hasGroups;
  }

  /** Leases that are remembered, those that are over too. */
  get size(): number {
    return this.#leases.size;
  }

  /** Whether nobody has taken the lease since. */
  isLatest({ tenantId, epoch }: Lease): boolean {
    return this.#leases.get(tenantId)?.epoch === epoch;
  }

  claim(tenantId: TenantId, owner: string, duration: DurationMs, now: EpochMs): Lease | undefined {
    this.#forget(now);
    const held = this.#leases.get(tenantId);
    const valid = held !== undefined && instantWithin(held.until, now, held.duration) > now;
    if (valid && held.owner !== owner) return undefined;
    if (!valid) this.#epochs += 1;
    const lease = { tenantId, owner, epoch: valid ? held.epoch : this.#epochs, until: later(now, duration) };
    this.#leases.set(tenantId, { ...lease, duration });
    this.noteGroups(tenantId);
    return lease;
  }

  release(lease: Lease, now: EpochMs): void {
    if (this.isLatest(lease)) this.#leases.set(lease.tenantId, { ...lease, until: now, duration: milliseconds(0) });
  }

  /** To be told when a tenant may have lost his last group. */
  noteGroups(tenantId: TenantId): void {
    if (this.#leases.has(tenantId) && !this.#hasGroups(tenantId)) this.#passing.add(tenantId);
  }

  #forget(now: EpochMs): void {
    for (const tenantId of this.#passing) {
      const lease = this.#leases.get(tenantId);
      const isNeeded = this.#hasGroups(tenantId);
      if (!isNeeded && lease !== undefined && instantWithin(lease.until, now, lease.duration) > now) continue;
      this.#passing.delete(tenantId);
      if (!isNeeded) this.#leases.delete(tenantId);
    }
  }
}
