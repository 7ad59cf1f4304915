/** A right to work at the same time as others. It lasts until it is given back. */
export interface Slot {
  /** Idempotent. */
  giveBack(): void;
}

/** Gives a slot to somebody who waits for one. */
type Grant = (slot: Slot) => void;

/**
 * A bounded number of slots, shared by users who may hold a part each: tenants, or kinds of calls. Work of one user gets its slots in the
 * order of asking. Users who wait take turns, so a busy one delays no other.
 */
export class FairSlots<User> {
  readonly #perUser: number;
  #free: number;
  readonly #held = new Map<User, number>();
  /** Users who wait, in the order of their turns. */
  readonly #waiting = new Map<User, Grant[]>();

  /** `total` slots, of which each user may hold `perUser`. Either may be infinite. */
  constructor(total: number, perUser: number) {
    this.#free = total;
    this.#perUser = perUser;
  }

  /** Runs `work` when the user gets a slot. Rejects as `work` does. */
  async use<T>(user: User, work: () => Promise<T>): Promise<T> {
    const slot = this.takeNow(user) ?? (await this.take(user));
    try {
      return await work();
    } finally {
      slot.giveBack();
    }
  }

  /** A slot of the user; undefined when it has to wait for one. */
  takeNow(user: User): Slot | undefined {
    return !this.#waiting.has(user) && this.#mayTake(user) ? this.#grant(user) : undefined;
  }

  /**
   * A slot, when it is the user's turn. An abort of `signal` ends the wait: the promise stays open if it was, and a slot that was granted
   * goes back.
   */
  take(user: User, signal?: AbortSignal): Promise<Slot> {
    return new Promise((resolve) => {
      let granted: Slot | undefined;
      const grant = (slot: Slot): void => {
        granted = slot;
        resolve(slot);
      };
      const slot = this.takeNow(user);
      if (slot === undefined) this.#queue(user, grant);
      else grant(slot);
      const leave = (): void => (granted === undefined ? this.#leave(user, grant) : granted.giveBack());
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  #mayTake(user: User): boolean {
    return this.#free > 0 && (this.#held.get(user) ?? 0) < this.#perUser;
  }

  #grant(user: User): Slot {
    this.#free -= 1;
    this.#held.set(user, (this.#held.get(user) ?? 0) + 1);
    let isHeld = true;
    const giveBack = (): void => {
      if (!isHeld) return;
      isHeld = false;
      this.#giveBack(user);
    };
    return { giveBack };
  }

  #giveBack(user: User): void {
    this.#free += 1;
    const held = (this.#held.get(user) ?? 1) - 1;
    if (held === 0) this.#held.delete(user);
    else this.#held.set(user, held);
    for (const [waiting, queue] of this.#waiting) {
      if (this.#free === 0) return;
      if (!this.#mayTake(waiting)) continue;
      const next = queue.shift();
      this.#waiting.delete(waiting); // to the end of the turns, or out of them
      if (queue.length > 0) this.#waiting.set(waiting, queue);
      next?.(this.#grant(waiting));
    }
  }

  #queue(user: User, grant: Grant): void {
    const queue = this.#waiting.get(user);
    if (queue === undefined) this.#waiting.set(user, [grant]);
    else queue.push(grant);
  }

  #leave(user: User, grant: Grant): void {
    const rest = (this.#waiting.get(user) ?? []).filter((waiting) => waiting !== grant);
    if (rest.length > 0) this.#waiting.set(user, rest);
    else this.#waiting.delete(user);
  }
}
