import type { TenantId } from '../model/identifiers.ts';

/**
 * A bounded number of slots, of which each tenant may hold a part. Whoever waits gets one in his tenant's order of asking; tenants take
 * turns, so that a busy one delays no other.
 */
export class FairSlots {
  readonly #perTenant: number;
  #free: number;
  readonly #held = new Map<TenantId, number>();
  /** Waiting tenants in the order of their turns. */
  readonly #waiting = new Map<TenantId, (() => void)[]>();

  constructor(total: number, perTenant: number) {
    this.#free = total;
    this.#perTenant = perTenant;
  }

  /** Runs `work` when a slot is free. */
  async use<T>(tenantId: TenantId, work: () => Promise<T>): Promise<T> {
    await this.#take(tenantId);
    try {
      return await work();
    } finally {
      this.#giveBack(tenantId);
    }
  }

  /** Gives the slot of its user back while `wait` is under way: for work that only waits for others. */
  async outside<T>(tenantId: TenantId, wait: () => Promise<T>): Promise<T> {
    this.#giveBack(tenantId);
    try {
      return await wait();
    } finally {
      await this.#take(tenantId);
    }
  }

  #mayTake(tenantId: TenantId): boolean {
    return this.#free > 0 && (this.#held.get(tenantId) ?? 0) < this.#perTenant;
  }

  #take(tenantId: TenantId): Promise<void> | undefined {
    const queue = this.#waiting.get(tenantId);
    if (queue === undefined && this.#mayTake(tenantId)) {
      this.#grant(tenantId);
      return undefined;
    }
    return new Promise((resolve) => {
      if (queue === undefined) this.#waiting.set(tenantId, [resolve]);
      else queue.push(resolve);
    });
  }

  #grant(tenantId: TenantId): void {
    this.#free -= 1;
    this.#held.set(tenantId, (this.#held.get(tenantId) ?? 0) + 1);
  }

  #giveBack(tenantId: TenantId): void {
    this.#free += 1;
    const held = (this.#held.get(tenantId) ?? 1) - 1;
    if (held === 0) this.#held.delete(tenantId);
    else this.#held.set(tenantId, held);
    for (const [waiting, queue] of this.#waiting) {
      if (this.#free === 0) return;
      if (!this.#mayTake(waiting)) continue;
      const next = queue.shift();
      this.#waiting.delete(waiting); // to the end of the turns, or out of them
      if (queue.length > 0) this.#waiting.set(waiting, queue);
      if (next === undefined) continue;
      this.#grant(waiting);
      next();
    }
  }
}
