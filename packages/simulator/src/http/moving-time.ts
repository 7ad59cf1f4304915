import { type DurationMs, type EpochMs, epochMs, later } from '@lutra/core';
import type { VirtualClock } from '../virtual-clock.ts';

/** The clock of a served cloud, where callers may move it. */
export interface MovableTime {
  readonly clock: VirtualClock;
  /** Whether it goes on by itself to whatever is to happen next. */
  readonly jump: boolean;
}

/** Where dates with years of four digits end: no clock goes beyond. */
const lastInstant = epochMs(253_370_764_800_000);

/** Moves a virtual clock, one request after the other. */
export class TimeMover {
  readonly #clock: VirtualClock;
  #last: Promise<unknown> = Promise.resolve();
  #jump: boolean;
  #jumping = false;
  readonly #failed: (error: unknown) => void;

  /** `failed`: told of what goes wrong while time jumps, which nobody awaits. */
  constructor({ clock, jump }: MovableTime, failed: (error: unknown) => void) {
    this.#failed = failed;
    this.#clock = clock;
    this.#jump = jump;
  }

  get jumps(): boolean {
    return this.#jump;
  }
  set jumps(jump: boolean) {
    this.#jump = jump;
    this.looked();
  }

  /** Lets so much time pass; answers what time it then is. Undefined: nothing passes, since it would be a time after the year 9998. */
  async advance(span: DurationMs): Promise<EpochMs | undefined> {
    if (!(span >= 0) || later(this.#clock.now(), span) > lastInstant) return undefined;
    const moved = this.#last.then(async () => {
      await this.#clock.runUntil(later(this.#clock.now(), span));
      return this.#clock.now();
    });
    this.#last = moved.catch(() => undefined);
    return moved;
  }

  /** First takes one turn in which no time passes: a call that needs no time is answered before, and one that waits has its timer. */
  async #jumpOn(): Promise<void> {
    await this.#clock.runUntil(this.#clock.now());
    for (let next = this.#clock.nextAt; this.#jump && next !== undefined && next < lastInstant; next = this.#clock.nextAt) {
      await this.#clock.runUntil(next);
    }
  }

  /** A call waits, or was answered. If time jumps, it jumps on until nothing is left to happen. */
  looked(): void {
    if (!this.#jump || this.#jumping) return;
    this.#jumping = true;
    this.#last = this.#last
      .then(() => this.#jumpOn())
      .catch(this.#failed)
      .finally(() => {
        this.#jumping = false;
      });
  }
}
