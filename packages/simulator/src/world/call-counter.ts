import type { TenantId } from '@lutra/core';
import type { OperationName } from './calls.ts';

/** Counters of one tenant in one generation: twice as many are kept at most; the oldest are forgotten, and start again at 0. */
const mostPerGeneration = 20_000;

/** Counters by name and key. */
type Counters = Map<OperationName, Map<string, number>>;

/** Counters of one tenant. Forgetting them one by one would scan the holes that they leave in a Map; a generation goes at once. */
interface Counts {
  young: Counters;
  /** Counters among the young. */
  size: number;
  old: Counters;
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
    const before = counts.young.get(op)?.get(key) ?? counts.old.get(op)?.get(key) ?? 0;
    note(counts, op, key, before + 1);
    return before;
  }

  /** The tenant's calls are numbered from 0 again. */
  forget(tenantId: TenantId): void {
    this.#byTenant.delete(tenantId);
  }

  /** Tenant, a space, and the name of each counter. */
  snapshot(): readonly (readonly [string, number])[] {
    return [...this.#byTenant].flatMap(([tenantId, { old, young }]) =>
      [...new Map([...named(old), ...named(young)])].map(([name, count]) => [`${tenantId} ${name}`, count] as const),
    );
  }
  restore(counts: readonly (readonly [string, number])[]): void {
    this.#byTenant.clear();
    for (const [text, count] of counts) {
      const tenantEnd = text.indexOf(' ');
      const nameEnd = text.indexOf('/', tenantEnd);
      const op = text.slice(tenantEnd + 1, nameEnd) as OperationName;
      note(this.#of(text.slice(0, tenantEnd) as TenantId), op, text.slice(nameEnd + 1), count);
    }
  }

  #of(tenantId: TenantId): Counts {
    const known = this.#byTenant.get(tenantId);
    if (known !== undefined) return known;
    const counts: Counts = { young: new Map(), size: 0, old: new Map() };
    this.#byTenant.set(tenantId, counts);
    return counts;
  }
}

function note(counts: Counts, op: OperationName, key: string, times: number): void {
  const keys = counts.young.get(op) ?? new Map<string, number>();
  counts.young.set(op, keys);
  if (!keys.has(key)) counts.size += 1;
  keys.set(key, times);
  if (counts.size < mostPerGeneration) return;
  counts.old = counts.young;
  counts.young = new Map();
  counts.size = 0;
}

/** Each counter with its name, a slash, and its key. */
const named = (counters: Counters): readonly (readonly [string, number])[] =>
  [...counters].flatMap(([op, keys]) => [...keys].map(([key, count]) => [`${op}/${key}`, count] as const));
