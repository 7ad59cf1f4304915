import { between, type EpochMs, later, seconds } from '../model/time.ts';

const hour = seconds(3600);

/** Servers that a tenant has created within the last hour, and how many more it may (spec/planner.md, D17: the last net under births). */
export class CreateAllowance {
  readonly #most: number | null;
  /** When servers were created, oldest first. Never longer than `most`. */
  readonly #made: { at: EpochMs; count: number }[] = [];
  #total = 0;

  /** `most`: servers within an hour; null = any number. */
  constructor(most: number | null) {
    this.#most = most;
  }

  /** So many were created, or may have been. */
  created(count: number, now: EpochMs): void {
    if (this.#most === null || count === 0) return;
    this.#made.push({ at: now, count });
    this.#total += count;
    this.#forget(now);
  }

  /** How many more may be created now, and when more will be; undefined = nothing bounds them. */
  left(now: EpochMs): { readonly count: number; readonly until: EpochMs } | undefined {
    if (this.#most === null) return undefined;
    this.#forget(now);
    const [oldest] = this.#made;
    return { count: Math.max(0, this.#most - this.#total), until: later(oldest?.at ?? now, hour) };
  }

  #forget(now: EpochMs): void {
    for (let [oldest] = this.#made; oldest !== undefined && between(oldest.at, now) >= hour; [oldest] = this.#made) {
      this.#total -= oldest.count;
      this.#made.shift();
    }
  }
}
