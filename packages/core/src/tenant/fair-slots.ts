/**
 * A bounded number of slots, shared by users who may hold a part each: tenants, or kinds of calls. Work of one user gets its slots in the
 * order of asking. Users who wait take turns, so a busy one delays no other.
 */
export class FairSlots<User> {
  readonly #perUser: number;
  #free: number;
  readonly #held = new Map<User, number>();
  /** Users who wait, in the order of their turns. */
  readonly #waiting = new Map<User, (() => void)[]>();

  /** `total` slots, of which each user may hold `perUser`. Either may be infinite. */
  constructor(total: number, perUser: number) {
    this.#free = total;
    this.#perUser = perUser;
  }

  /** Runs `work` when the user gets a slot. Rejects as `work` does. */
  async use<T>(user: User, work: () => Promise<T>): Promise<T> {
    await this.#take(user);
    try {
      return await work();
    } finally {
      this.#giveBack(user);
    }
  }

  /** Gives a slot of the user back while `wait` is under way, then takes one again: for work that only waits for others. */
  async outside<T>(user: User, wait: () => Promise<T>): Promise<T> {
    this.#giveBack(user);
    try {
      return await wait();
    } finally {
      await this.#take(user);
    }
  }

  #mayTake(user: User): boolean {
    return this.#free > 0 && (this.#held.get(user) ?? 0) < this.#perUser;
  }

  #take(user: User): Promise<void> | undefined {
    const queue = this.#waiting.get(user);
    if (queue === undefined && this.#mayTake(user)) {
      this.#grant(user);
      return undefined;
    }
    return new Promise((resolve) => {
      if (queue === undefined) this.#waiting.set(user, [resolve]);
      else queue.push(resolve);
    });
  }

  #grant(user: User): void {
    this.#free -= 1;
    this.#held.set(user, (this.#held.get(user) ?? 0) + 1);
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
      if (next === undefined) continue;
      this.#grant(waiting);
      next();
    }
  }
}
