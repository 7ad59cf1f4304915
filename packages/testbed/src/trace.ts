import { createHash } from 'node:crypto';
import type { EpochMs, GroupEvent } from '@lutra/core';
import type { WorldEvent } from '@lutra/simulator';

/** What the scenario itself did, and what came of its commands. */
export interface ScenarioEvent {
  readonly at: EpochMs;
  readonly kind: 'began' | 'acted' | 'commanded' | 'looked' | 'ended';
  readonly what: string;
  readonly group?: string;
  /** Of a command: `done`, or why it was refused. Of a look: `done`, or what is not as expected. */
  readonly came?: string;
  readonly details?: readonly string[];
}

/** Anything that happens in a run, with who tells it. */
export type Happening =
  | { readonly of: 'cloud'; readonly event: WorldEvent }
  | { readonly of: 'engine'; readonly event: GroupEvent }
  | { readonly of: 'scenario'; readonly event: ScenarioEvent };

/**
 * The log of a run: one JSON object a line, in the order in which things happened, hashed as it is written. Times are milliseconds
 * since the start. Equal hashes mean that two runs were the same, event for event.
 */
export class Trace {
  readonly #start: EpochMs;
  readonly #hash = createHash('sha256');
  readonly #sink: ((line: string) => void) | undefined;
  #count = 0;
  #digest: string | undefined;

  /** `sink` gets every line, without its line feed; without one only hash and count are kept. */
  constructor(start: EpochMs, sink?: (line: string) => void) {
    this.#start = start;
    this.#sink = sink;
  }

  write({ of, event }: Happening): void {
    const { at, ...rest } = event;
    const line = JSON.stringify({ at: at - this.#start, of, ...rest });
    this.#hash.update(line).update('\n');
    this.#count += 1;
    this.#sink?.(line);
  }

  /** Lines so far. */
  get count(): number {
    return this.#count;
  }

  /** SHA-256 of the lines so far, each with a line feed. */
  get hashSoFar(): string {
    return this.#digest ?? this.#hash.copy().digest('hex');
  }

  /** SHA-256 of all lines, each with a line feed; the trace is closed by asking. */
  get hash(): string {
    this.#digest ??= this.#hash.digest('hex');
    return this.#digest;
  }
}
