import { areSameItems } from './list-changes.ts';

/** The last of something that was worked out, with what it followed from. */
export class Remembered<T> {
  #from: readonly unknown[] = [];
  #value: T | undefined;

  /** The value as it was when it follows from the very same things, in their order; made anew otherwise. */
  of(from: readonly unknown[], make: () => T): T {
    if (this.#value === undefined || !areSameItems(this.#from, from)) {
      this.#value = make();
      this.#from = from;
    }
    return this.#value;
  }
}
