import type { TenantId } from '@lutra/core';
import type { OperationName } from './calls.ts';

/** Counters kept at once; past it the oldest are forgotten and start again at 0. */
const most = 100_000;

/** Numbers the calls with the same tenant, name and key, so that the n-th of them meets the same chance whatever happens beside it. */
export class CallCounter {
  readonly #counts = new Map<string, number>();

  /** How many such calls there were before this one. */
  next(tenantId: TenantId, op: OperationName, key: string): number {
    const name = `${op}/${tenantId}/${key}`;
    const before = this.#counts.get(name) ?? 0;
    this.#counts.set(name, before + 1);
    if (this.#counts.size > most) {
      const [oldest] = this.#counts.keys();
      if (oldest !== undefined) this.#counts.delete(oldest);
    }
    return before;
  }

  snapshot(): readonly (readonly [string, number])[] {
    return [...this.#counts];
  }
  restore(counts: readonly (readonly [string, number])[]): void {
    this.#counts.clear();
    for (const [name, count] of counts) this.#counts.set(name, count);
  }
}
