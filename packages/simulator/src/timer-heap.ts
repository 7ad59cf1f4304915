/** Something that is to happen at an instant. Made by `TimerHeap.add` only. */
export interface Timer {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Ties of `at` fire by this: the order in which timers were added. */
  readonly order: number;
  readonly fire: () => void;
  /** Where the heap keeps it; -1 once it has left. */
  slot: number;
}

const earlier = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * Timers in the total order (instant, order of adding): a binary heap in an array. Every timer knows its slot,
 * so that one that is cancelled leaves at once and holds no memory. Adding, taking and removing are O(log n).
 */
export class TimerHeap {
  readonly #timers: Timer[] = [];
  #added = 0;

  get size(): number {
    return this.#timers.length;
  }

  /** The timer that is due next; undefined when there is none. */
  get first(): Timer | undefined {
    return this.#timers[0];
  }

  add(at: number, fire: () => void): Timer {
    const timer: Timer = { at, order: this.#added, fire, slot: this.#timers.length };
    this.#added += 1;
    this.#timers.push(timer);
    this.#rise(timer);
    return timer;
  }

  /** Takes a timer out; nothing happens when it has already left. */
  remove(timer: Timer): void {
    const { slot } = timer;
    if (slot < 0) return;
    timer.slot = -1;
    const last = this.#timers.pop();
    if (last === undefined || last === timer) return;
    this.#put(last, slot);
    this.#rise(last);
    this.#sink(last);
  }

  #put(timer: Timer, slot: number): void {
    this.#timers[slot] = timer;
    timer.slot = slot;
  }

  #rise(timer: Timer): void {
    while (timer.slot > 0) {
      const slot = timer.slot;
      const parent = this.#timers[(slot - 1) >> 1];
      if (parent === undefined || !earlier(timer, parent)) return;
      this.#put(timer, parent.slot);
      this.#put(parent, slot);
    }
  }

  #sink(timer: Timer): void {
    for (;;) {
      const slot = timer.slot;
      const left = this.#timers[2 * slot + 1];
      const right = this.#timers[2 * slot + 2];
      const child = left !== undefined && right !== undefined && earlier(right, left) ? right : left;
      if (child === undefined || !earlier(child, timer)) return;
      this.#put(timer, child.slot);
      this.#put(child, slot);
    }
  }
}
