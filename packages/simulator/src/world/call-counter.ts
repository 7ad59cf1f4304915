import type { TenantId } from '@lutra/core';
import type { OperationName } from './calls.ts';

/** Counters of one tenant in one generation: twice as many are kept at most; the oldest are forgotten, and start again at 0. */
const mostPerGeneration = 20_000;

/** Counters of one tenant by operation and key. Forgetting them one by one would scan the holes that they leave in a Map; a generation goes at once. */
interface Counts {
  young: Generation;
  old: Generation;
  /** Of the young ones. */
  size: number;
}
type Generation = Map<string, Map<string, number>>;

/**
 * Numbers the calls with the same tenant, name and key, so that the n-th of them meets the same chance whatever happens beside it. Each
 * tenant's counters are kept by themselves: the traffic of others makes none of them be forgotten.
 */
export class CallCounter {
  readonly #byTenant = new Map<TenantId, Counts>();

  /** How many such calls there were before this one. */
  next(tenantId: TenantId, op: OperationName, key: string): number {
    const counts = this.#of(tenantId);
    const young = counts.young.get(op)?.get(key);
    const before = young ?? counts.old.get(op)?.get(key) ?? 0;
    set(counts.young, op, key, before + 1);
    if (young === undefined) counts.size += 1;
    if (counts.size >= mostPerGeneration) {
      counts.old = counts.young;
      counts.young = new Map();
      counts.size = 0;
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
      [...new Map([...named(old), ...named(young)])].map(([name, count]) => [`${tenantId} ${name}`, count] as const),
    );
  }
  restore(counts: readonly (readonly [string, number])[]): void {
    this.#byTenant.clear();
    for (const [text, count] of counts) {
      const tenantEnd = text.indexOf(' ');
      const opEnd = text.indexOf('/', tenantEnd);
      const ofTenant = this.#of(text.slice(0, tenantEnd) as TenantId);
      set(ofTenant.young, text.slice(tenantEnd + 1, opEnd), text.slice(opEnd + 1), count);
      ofTenant.size += 1;
    }
  }

  #of(tenantId: TenantId): Counts {
    const known = this.#byTenant.get(tenantId);
    if (known !== undefined) return known;
    const counts: Counts = { young: new Map(), old: new Map(), size: 0 };
    this.#byTenant.set(tenantId, counts);
    return counts;
  }
}

function set(generation: Generation, op: string, key: string, count: number): void {
  const ofOp = generation.get(op);
  if (ofOp === undefined) generation.set(op, new Map([[key, count]]));
  else ofOp.set(key, count);
}

/** Each counter with its name: the operation, a slash, and the key. */
const named = (generation: Generation): readonly (readonly [string, number])[] =>
  [...generation].flatMap(([op, counts]) => [...counts].map(([key, count]) => [`${op}/${key}`, count] as const));
