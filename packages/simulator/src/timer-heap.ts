/** Something that is to happen at an instant. */
export interface Timer {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Where the heap keeps it; -1 while none does. For the heap alone to set. */
  slot: number;
  fire(): void;
}

/** Slots below each slot: with more of them fewer timers move, and each that moves is fetched from memory. */
const branches = 4;

/**
 * Timers in the total order (instant, order of adding): a heap in arrays. Every timer knows its slot, so that one that is cancelled
 * leaves at once and holds no memory. Adding, taking and removing are O(log n). What is compared lies beside each other: of tens of
 * thousands of timers each comparison would otherwise fetch two from memory.
 */
export class TimerHeap {
  readonly #timers: Timer[] = [];
  /** Of the timer in the same slot: when it fires, and, for ties, which it was in the order of adding. */
  readonly #at: number[] = [];
  readonly #order: number[] = [];
  #added = 0;

  get size(): number {
    return this.#timers.length;
  }

  /** The timer that is due next; undefined when there is none. */
  get first(): Timer | undefined {
    return this.#timers[0];
  }

  /** Takes in a timer that no heap keeps. */
  add(timer: Timer): void {
    this.#added += 1;
    this.#rise(timer, timer.at, this.#added, this.#timers.length);
  }

  /** Takes a timer out; nothing happens when it has already left. */
  remove(timer: Timer): void {
    const { slot } = timer;
    if (slot < 0) return;
    timer.slot = -1;
    const last = this.#timers.pop();
    const at = this.#at.pop() ?? 0;
    const order = this.#order.pop() ?? 0;
    if (last === undefined || last === timer) return;
    if (slot > 0 && this.#isBefore(at, order, parentOf(slot))) this.#rise(last, at, order, slot);
    else this.#sink(last, at, order, slot);
  }

  /** Whether an instant and order come before those in a slot. */
  #isBefore(at: number, order: number, slot: number): boolean {
    const there = this.#at[slot] ?? 0;
    return at < there || (at === there && order < (this.#order[slot] ?? 0));
  }

  #put(timer: Timer | undefined, at: number, order: number, slot: number): void {
    if (timer === undefined) return;
    this.#timers[slot] = timer;
    this.#at[slot] = at;
    this.#order[slot] = order;
    timer.slot = slot;
  }

  /** Puts what is in one slot into another. */
  #move(from: number, to: number): void {
    this.#put(this.#timers[from], this.#at[from] ?? 0, this.#order[from] ?? 0, to);
  }

  #rise(timer: Timer, at: number, order: number, from: number): void {
    let slot = from;
    while (slot > 0) {
      const parent = parentOf(slot);
      if (!this.#isBefore(at, order, parent)) break;
      this.#move(parent, slot);
      slot = parent;
    }
    this.#put(timer, at, order, slot);
  }

  #sink(timer: Timer, at: number, order: number, from: number): void {
    const size = this.#timers.length;
    let slot = from;
    for (;;) {
      const first = branches * slot + 1;
      if (first >= size) break;
      let child = first;
      for (let other = first + 1; other < Math.min(first + branches, size); other += 1) {
        if (this.#isBefore(this.#at[other] ?? 0, this.#order[other] ?? 0, child)) child = other;
      }
      if (this.#isBefore(at, order, child)) break;
      this.#move(child, slot);
      slot = child;
    }
    this.#put(timer, at, order, slot);
  }
}

const parentOf = (slot: number): number => Math.floor((slot - 1) / branches);
