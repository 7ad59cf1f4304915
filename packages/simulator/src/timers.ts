import TinyQueue from 'tinyqueue';

/** Something that is to happen at an instant. */
export interface Timer {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Which it was in the order of arming. */
  readonly order: number;
  readonly fire: () => void;
  /** Neither taken nor cancelled. */
  armed: boolean;
}

const sooner = (a: Timer, b: Timer): number => a.at - b.at || a.order - b.order;

/**
 * Timers in the total order (instant, order of arming). One that is cancelled stays in the queue until it comes up; the queue is made
 * again of those that are armed before it holds more than twice as many and 64.
 */
export class Timers {
  #queue = new TinyQueue<Timer>([], sooner);
  #armed = 0;
  #added = 0;

  /** Timers that are armed. */
  get size(): number {
    return this.#armed;
  }

  /** Entries in the queue, those of cancelled timers too. */
  get entries(): number {
    return this.#queue.length;
  }

  /** When the next timer is due; undefined when none is armed. */
  get nextAt(): number | undefined {
    return this.#first()?.at;
  }

  /** Answers how to cancel it: without effect once it was taken. */
  arm(at: number, fire: () => void): () => void {
    this.#added += 1;
    const timer: Timer = { at, order: this.#added, fire, armed: true };
    this.#armed += 1;
    this.#queue.push(timer);
    return () => {
      this.#disarm(timer);
      if (this.#queue.length > 2 * this.#armed + 64)
        this.#queue = new TinyQueue(
          this.#queue.data.filter(({ armed }) => armed),
          sooner,
        );
    };
  }

  /** Takes the next timer out; undefined when none is due by then. */
  takeFirst(notAfter: number): Timer | undefined {
    const timer = this.#first();
    if (timer === undefined || timer.at > notAfter) return undefined;
    this.#queue.pop();
    this.#disarm(timer);
    return timer;
  }

  #first(): Timer | undefined {
    while (this.#queue.peek()?.armed === false) this.#queue.pop();
    return this.#queue.peek();
  }

  #disarm(timer: Timer): void {
    if (!timer.armed) return;
    timer.armed = false;
    this.#armed -= 1;
  }
}
