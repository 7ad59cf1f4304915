import { type DurationMs, milliseconds, type Random, seconds } from '@lutra/core';

/** How long something takes. */
export type Distribution =
  /** No time at all: only where somebody says so, never in a preset. */
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly duration: DurationMs }
  | { readonly kind: 'uniform'; readonly least: DurationMs; readonly most: DurationMs }
  /** `median` times e to the power of (`sigma` times a standard normal number), kept within `least` and `most`. */
  | {
      readonly kind: 'lognormal';
      readonly median: DurationMs;
      readonly sigma: number;
      readonly least: DurationMs;
      readonly most: DurationMs;
    };

/** How fast the simulated cloud is. */
export interface Pace {
  /** Of a call: half of it before the cloud acts, half after. */
  readonly latency: Distribution;
  /** From accepting a create to ACTIVE (or ERROR). */
  readonly build: Distribution;
  /** From accepting a delete to the server being gone. */
  readonly delete: Distribution;
  /** For how long a write locks a load balancer in PENDING_UPDATE. */
  readonly lock: Distribution;
  /** From something happening to a node's server to the verdict of a health monitor; default: that of `demo`. */
  readonly probe?: Distribution;
  /** Of a reboot, a resize, a rebuild and the like; default: that of `demo`. */
  readonly transition?: Distribution;
  /** Of joining or leaving a RackConnect pool; default: that of `demo`. */
  readonly pool?: Distribution;
  /** From a token being issued to the services knowing it; default: none. */
  readonly tokenLag?: Distribution;
  /** From something happening to a load balancer to its feed telling it; default: none. */
  readonly feedLag?: Distribution;
}

const uniform = (least: DurationMs, most: DurationMs): Distribution => ({ kind: 'uniform', least, most });
const fixed = (duration: DurationMs): Distribution => ({ kind: 'fixed', duration });

/**
 * `demo`: to watch at 1x. `realistic`: like the real clouds (builds of 75 s and deletes of 20 s in the median, both with a long tail, locks of 2 to 8 s;
 * spec/simulator.md, H10).
 */
export const paces = {
  demo: {
    latency: uniform(milliseconds(5), milliseconds(20)),
    build: uniform(seconds(2), milliseconds(4500)), // seen as ACTIVE within 5 s, latency and all
    delete: fixed(seconds(1)),
    lock: fixed(milliseconds(300)),
    probe: uniform(milliseconds(500), seconds(1)),
    transition: uniform(seconds(1), seconds(3)),
    pool: uniform(milliseconds(500), seconds(1)),
  },
  realistic: {
    latency: uniform(milliseconds(50), milliseconds(200)),
    build: { kind: 'lognormal', median: seconds(75), sigma: 0.45, least: seconds(20), most: seconds(4500) },
    delete: { kind: 'lognormal', median: seconds(20), sigma: 0.9, least: seconds(5), most: seconds(900) },
    lock: uniform(seconds(2), seconds(8)),
    probe: uniform(seconds(5), seconds(30)),
    transition: uniform(seconds(10), seconds(60)),
    pool: uniform(seconds(2), seconds(20)),
    tokenLag: uniform(milliseconds(100), seconds(5)),
    feedLag: uniform(milliseconds(100), seconds(5)),
  },
} as const satisfies Record<string, Pace>;

/** The preset paces. */
export type PaceName = keyof typeof paces;

/** A duration from a distribution, decided by the keys alone: whole milliseconds, never less than one unless it is `none`. */
export function drawDuration(distribution: Distribution, random: Random, ...keys: readonly (string | number)[]): DurationMs {
  if (distribution.kind === 'none') return milliseconds(0);
  return milliseconds(Math.max(1, Math.round(sample(distribution, (part) => random.at(...keys, part)))));
}

function sample(distribution: Exclude<Distribution, { kind: 'none' }>, draw: (part: string) => number): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.duration;
    case 'uniform':
      return distribution.least + (distribution.most - distribution.least) * draw('');
    case 'lognormal': {
      // Box and Muller: two uniform numbers give a normal one. 1 - u is never 0.
      const normal = Math.sqrt(-2 * Math.log(1 - draw('radius'))) * Math.cos(2 * Math.PI * draw('angle'));
      const { median, sigma, least, most } = distribution;
      return Math.min(most, Math.max(least, median * Math.exp(sigma * normal)));
    }
  }
}
