import type { TenantId } from '../model/identifiers.ts';
import type { Tombstone } from '../model/node-record.ts';
import { between, type DurationMs, type EpochMs } from '../model/time.ts';

/** What removed groups leave behind, in memory: for `age`, and at most `most` of a tenant. Beyond that its eldest go. */
export class MemoryTombstones {
  readonly #age: DurationMs;
  readonly #most: number;
  /** Tenants by their youngest tombstone, each with its tombstones, the eldest first. */
  readonly #tenants = new Map<TenantId, readonly Tombstone[]>();

  constructor(age: DurationMs, most: number) {
    this.#age = age;
    this.#most = most;
  }

  /** Tenants of which something is kept, though it may be over. */
  get size(): number {
    return this.#tenants.size;
  }

  /** `tombstone.at` is now. */
  add(tenantId: TenantId, tombstone: Tombstone): void {
    const kept = [...this.of(tenantId, tombstone.at), tombstone].slice(-this.#most);
    this.#tenants.delete(tenantId);
    this.#forget(tombstone.at);
    this.#tenants.set(tenantId, kept);
  }

  /** Those that are not over, the eldest first. */
  of(tenantId: TenantId, now: EpochMs): readonly Tombstone[] {
    return (this.#tenants.get(tenantId) ?? []).filter(({ at }) => !this.#isOver(at, now));
  }

  #forget(now: EpochMs): void {
    for (const [tenantId, kept] of this.#tenants) {
      if (kept.some(({ at }) => !this.#isOver(at, now))) return;
      this.#tenants.delete(tenantId);
    }
  }

  #isOver(at: EpochMs, now: EpochMs): boolean {
    return between(at, now) >= this.#age;
  }
}
