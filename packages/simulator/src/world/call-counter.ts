import type { TenantId } from '@lutra/core';
import type { OperationName } from './calls.ts';

/** Counters of one tenant in one generation: twice as many are kept at most; the oldest are forgotten, and start again at 0. */
const mostPerGeneration = 20_000;

/** Counters of one tenant by name. Forgetting them one by one would scan the holes that they leave in a Map; a generation goes at once. */
interface Counts {
  young: Map<string, number>;
  old: ReadonlyMap<string, number>;
}

/**
 * Numbers the calls with the same tenant, name and key, so that the n-th of them meets the same chance whatever happens beside it. Each
 * tenant's counters are kept by themselves: the traffic of others makes none of them be forgotten.
 */
export class CallCounter {
  readonly #byTenant = new Map<TenantId, Counts>();

  /** How many such calls there were before this one. */
  next(tenantId: TenantId, op: OperationName, key: string): number {
    const counts = this.#of(tenantId);
    const name = `${op}/${key}`;
    const before = counts.young.get(name) ?? counts.old.get(name) ?? 0;
    counts.young.set(name, before + 1);
    if (counts.young.size >= mostPerGeneration) {
      counts.old = counts.young;
      counts.young = new Map();
    }
    return before;
  }

  /** The tenant's calls are numbered from 0 again. */
  forget(tenantId: TenantId): void {
    this.#byTenant.delete(tenantId);
  }

  /** Tenant, a space, and the name of each counter. */
  snapshot(): readonly (readonly [string, number])[] {
    return [...this.#byTenant].flatMap(([tenantId, { old, young }]) =>
      [...new Map([...old, ...young])].map(([name, count]) => [`${tenantId} ${name}`, count] as const),
    );
  }
  restore(counts: readonly (readonly [string, number])[]): void {
    this.#byTenant.clear();
    for (const [text, count] of counts) {
      const tenantEnd = text.indexOf(' ');
      this.#of(text.slice(0, tenantEnd) as TenantId).young.set(text.slice(tenantEnd + 1), count);
    }
  }

  #of(tenantId: TenantId): Counts {
    const known = this.#byTenant.get(tenantId);
    if (known !== undefined) return known;
    const counts: Counts = { young: new Map(), old: new Map() };
    this.#byTenant.set(tenantId, counts);
    return counts;
  }
}
