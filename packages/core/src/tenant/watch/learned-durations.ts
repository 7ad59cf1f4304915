import { type DurationMs, milliseconds } from '../../model/time.ts';

/** Between the quickest and the slowest tenth of what was seen. */
export interface UsualDuration {
  readonly quickest: DurationMs;
  readonly slowest: DurationMs;
}

/** Durations kept of each thing, the last ones; and things of which any are kept, the last ones seen. */
const kept = 32;
const keptThings = 100;
/** Fewer tell nothing. */
const enough = 5;

/** How long things have taken lately: servers of a flavor to build, load balancers to unlock. */
export class LearnedDurations {
  readonly #byThing = new Map<string, readonly DurationMs[]>();

  /** Something took so long. */
  took(thing: string, duration: DurationMs): void {
    const before = this.#byThing.get(thing) ?? [];
    this.#byThing.delete(thing);
    this.#byThing.set(thing, [...before, milliseconds(Math.round(duration))].slice(-kept));
    const [eldest] = this.#byThing.keys();
    if (this.#byThing.size > keptThings && eldest !== undefined) this.#byThing.delete(eldest);
  }

  /** What is usual; undefined while too little was seen. */
  usual(thing: string): UsualDuration | undefined {
    const seen = this.#byThing.get(thing);
    if (seen === undefined || seen.length < enough) return undefined;
    const sorted = [...seen].sort((a, b) => a - b);
    const at = (share: number): DurationMs => sorted[Math.round(share * (sorted.length - 1))] ?? milliseconds(0);
    return { quickest: at(0.1), slowest: at(0.9) };
  }
}
