import type { TenantId } from '@lutra/core';
import type { OperationName } from './calls.ts';

/** Counters of one tenant at most. Past it, so many that were not asked for in the longest time are forgotten, and start again at 0. */
const mostCounters = 40_000;
const forgottenAtOnce = 10_000;

/**
 * Numbers the calls with the same tenant, name and key, so that the n-th of them meets the same chance whatever happens beside it. Each
 * tenant's counters are kept by themselves: the traffic of others makes none of them be forgotten.
 */
export class CallCounter {
  /** By the name of the call, a slash and the key; those that were asked for last come last. */
  readonly #byTenant = new Map<TenantId, Map<string, number>>();

  /** How many such calls there were before this one. */
  next(tenantId: TenantId, op: OperationName, key: string): number {
    const counters = this.#byTenant.get(tenantId) ?? new Map<string, number>();
    this.#byTenant.set(tenantId, counters);
    const name = `${op}/${key}`;
    const before = counters.get(name) ?? 0;
    counters.delete(name);
    counters.set(name, before + 1);
    if (counters.size > mostCounters) for (const oldest of [...counters.keys()].slice(0, forgottenAtOnce)) counters.delete(oldest);
    return before;
  }

  /** The tenant's calls are numbered from 0 again. */
  forget(tenantId: TenantId): void {
    this.#byTenant.delete(tenantId);
  }

  /** Tenant, a space, and the name of each counter. */
  snapshot(): readonly (readonly [string, number])[] {
    return [...this.#byTenant].flatMap(([tenantId, counters]) =>
      [...counters].map(([name, count]) => [`${tenantId} ${name}`, count] as const),
    );
  }
  restore(counts: readonly (readonly [string, number])[]): void {
    this.#byTenant.clear();
    for (const [text, count] of counts) {
      const tenantEnd = text.indexOf(' ');
      const tenantId = text.slice(0, tenantEnd) as TenantId;
      const counters = this.#byTenant.get(tenantId) ?? new Map<string, number>();
      this.#byTenant.set(tenantId, counters.set(text.slice(tenantEnd + 1), count));
    }
  }
}
