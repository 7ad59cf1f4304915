import { between, type Clock, type EpochMs, later, milliseconds } from '@lutra/core';
import { LRUCache } from 'lru-cache';
import { digestOf } from './digest.ts';

const unitSpans = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 } as const;

/** So many requests per unit of time. */
export interface Rate {
  readonly value: number;
  readonly unit: keyof typeof unitSpans;
}

/** A rate as `1000/MINUTE`; undefined when the text is no rate. Units: SECOND, MINUTE, HOUR, DAY, in any letter case. */
export function parseRate(text: string): Rate | undefined {
  const match = /^([1-9]\d{0,8})\/(second|minute|hour|day)$/i.exec(text.trim());
  return match === null ? undefined : { value: Number(match[1]), unit: String(match[2]).toUpperCase() as Rate['unit'] };
}

/** How it stands with a key that is counted. */
export interface Allowance {
  /** Requests that may still be made at once. */
  readonly remaining: number;
  /** When the next request is allowed: now while some remain. */
  readonly nextAt: EpochMs;
}

interface Bucket {
  /** Fractions count: a bucket fills all the time. */
  readonly tokens: number;
  readonly at: EpochMs;
}

/** Keys counted at most. The one unused for longest is forgotten, which fills its bucket. */
const mostBuckets = 20_000;

/**
 * A token bucket for each key: it holds `value` tokens, a request takes one, and it fills evenly within the unit. So a burst of `value`
 * passes at once, and never more than twice that within a unit. Refused requests take nothing.
 */
export class RateLimiter {
  readonly #clock: Clock;
  /** By the digest of the key: a key may be as long as a path. */
  readonly #buckets = new LRUCache<string, Bucket>({ max: mostBuckets });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How it stands with `key`; takes nothing. */
  look(key: string, rate: Rate): Allowance {
    return this.#allowance(this.#tokens(digestOf(key), rate), rate);
  }

  /** Takes a token; undefined when there was one, else how it stands. */
  take(key: string, rate: Rate): Allowance | undefined {
    const digest = digestOf(key);
    const tokens = this.#tokens(digest, rate);
    const passes = tokens >= 1;
    this.#buckets.set(digest, { tokens: passes ? tokens - 1 : tokens, at: this.#clock.now() });
    return passes ? undefined : this.#allowance(tokens, rate);
  }

  #tokens(digest: string, { value, unit }: Rate): number {
    const bucket = this.#buckets.peek(digest);
    if (bucket === undefined) return value;
    const passed = Math.max(0, between(bucket.at, this.#clock.now())); // a clock that is set back fills nothing
    return Math.min(value, bucket.tokens + (passed * value) / unitSpans[unit]);
  }

  #allowance(tokens: number, { value, unit }: Rate): Allowance {
    const now = this.#clock.now();
    const wait = tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * unitSpans[unit]) / value);
    return { remaining: Math.floor(tokens), nextAt: later(now, milliseconds(wait)) };
  }
}
