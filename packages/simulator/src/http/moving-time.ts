import { type DurationMs, type EpochMs, later } from '@lutra/core';
import type { VirtualClock } from '../virtual-clock.ts';

/** The clock of a served cloud, where callers may move it. */
export interface MovableTime {
  readonly clock: VirtualClock;
  /** Whether it goes on by itself to whatever is to happen next. */
  readonly jump: boolean;
}

/** Moves a virtual clock, one wish after the other. */
export class TimeMover {
  readonly #clock: VirtualClock;
  #last: Promise<unknown> = Promise.resolve();
  #jump: boolean;
  #jumping = false;

  constructor({ clock, jump }: MovableTime) {
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

  /** Lets so much time pass; answers what time it then is. */
  advance(span: DurationMs): Promise<EpochMs> {
    const moved = this.#last.then(async () => {
      await this.#clock.runUntil(later(this.#clock.now(), span));
      return this.#clock.now();
    });
    this.#last = moved.catch(() => undefined);
    return moved;
  }

  /** Something was asked of the cloud: where time jumps, it jumps on until nothing is left to happen. */
  looked(): void {
    if (!this.#jump || this.#jumping) return;
    this.#jumping = true;
    this.#last = this.#last.then(async () => {
      for (let next = this.#clock.nextAt; this.#jump && next !== undefined; next = this.#clock.nextAt) await this.#clock.runUntil(next);
      this.#jumping = false;
    });
  }
}
