import { refuse } from '../errors.ts';
import type { CreatesChange } from '../model/group-change.ts';
import type { TenantId } from '../model/identifiers.ts';
import { between, type DurationMs, type EpochMs, seconds } from '../model/time.ts';

/** For so long creates are remembered. */
const hour = seconds(3600);
/** Creates within so long are counted together, as of the last of them: so there are at most 61 numbers for a tenant. */
const minute = seconds(60);

/** Creates that are counted together: they began at `from`, and count until an hour after `at`. */
interface Batch {
  readonly from: EpochMs;
  readonly at: EpochMs;
  readonly count: number;
}

/** How many servers each tenant was about to create within the last hour, in memory. A create counts for up to a minute longer. */
export class MemoryCreates {
  /** Tenants by their last create, each with its batches, the eldest first. */
  readonly #tenants = new Map<TenantId, readonly Batch[]>();

  /** Tenants of which creates are remembered, though they may be over. */
  get size(): number {
    return this.#tenants.size;
  }

  /** So many are about to be created; negative: so many of the newest are not. Throws `creates-over-limit`, and counts none, if that is too many. */
  add(tenantId: TenantId, { count, most }: CreatesChange, now: EpochMs): void {
    const batches = this.#batchesOf(tenantId, hour, now);
    if (most !== null && count > 0 && sumOf(batches) + count > most) throw refuse.createsOverLimit(tenantId, most);
    const changed = count > 0 ? withMore(batches, count, now) : withFewer(batches, -count);
    this.#tenants.delete(tenantId);
    this.#forget(now);
    if (changed.length > 0) this.#tenants.set(tenantId, changed);
  }

  /** How many were about to be created within the last `within`, at most an hour, and when the eldest of these batches was; null = none. */
  within(tenantId: TenantId, within: DurationMs, now: EpochMs): { readonly count: number; readonly since: EpochMs | null } {
    const batches = this.#batchesOf(tenantId, within, now);
    return { count: sumOf(batches), since: batches[0]?.at ?? null };
  }

  #batchesOf(tenantId: TenantId, within: DurationMs, now: EpochMs): readonly Batch[] {
    return (this.#tenants.get(tenantId) ?? []).filter(({ at }) => between(at, now) < within);
  }

  #forget(now: EpochMs): void {
    for (const tenantId of this.#tenants.keys()) {
      if (this.#batchesOf(tenantId, hour, now).length > 0) return;
      this.#tenants.delete(tenantId);
    }
  }
}

const sumOf = (batches: readonly Batch[]): number => batches.reduce((sum, { count }) => sum + count, 0);

function withMore(batches: readonly Batch[], count: number, now: EpochMs): readonly Batch[] {
  const last = batches.at(-1);
  if (last === undefined || between(last.from, now) >= minute) return [...batches, { from: now, at: now, count }];
  return [...batches.slice(0, -1), { from: last.from, at: now, count: last.count + count }];
}

function withFewer(batches: readonly Batch[], count: number): readonly Batch[] {
  const left: Batch[] = [];
  let taken = 0;
  for (const batch of batches.toReversed()) {
    const taking = Math.min(batch.count, count - taken);
    taken += taking;
    if (batch.count > taking) left.unshift({ ...batch, count: batch.count - taking });
  }
  return left;
}
