import type { Heartbeat, MemberState } from '../model/ownership.ts';
import { between, type EpochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Clock, Log } from '../ports.ts';
import type { CloudHealth } from './cloud-health.ts';

/** When a heartbeat was sent, and when its answer came, by the clock of this host. */
export interface Exchange {
  readonly asked: EpochMs;
  readonly answered: EpochMs;
}

/**
 * Whether this host is fit to run tenants, judged at each heartbeat.
 * - `skewed`: its clock differs by more than `hostClockSkew` from the store's, so that it would run schedules at wrong times.
 * - `ailing`: its cloud has failed for `ailingAfter`, for more than one tenant, while that of another live host answers. It ends when the
 *   cloud has answered for as long; after `ailingSpacing` also when it answers now and then, for some accounts may be broken; or when no
 *   live host is left to do better. It does not begin again within `ailingSpacing`.
 */
export class Fitness {
  readonly #clock: Clock;
  readonly #cloud: CloudHealth;
  readonly #options: Options;
  readonly #log: Log;
  #isSkewed = false;
  #isAiling = false;
  /** When it last began to be ailing. */
  #ailedAt: EpochMs | undefined;

  constructor(clock: Clock, cloud: CloudHealth, options: Options, log: Log) {
    this.#clock = clock;
    this.#cloud = cloud;
    this.#options = options;
    this.#log = log;
  }

  get state(): Exclude<MemberState, 'joining' | 'leaving'> {
    if (this.#isSkewed) return 'skewed';
    return this.#isAiling ? 'ailing' : 'live';
  }

  /** Takes in what a heartbeat told. */
  heard(heartbeat: Heartbeat, exchange: Exchange): void {
    this.#judgeClock(heartbeat, exchange);
    this.#judgeCloud(heartbeat);
  }

  /** The store answered at some instant within the exchange: only what differs from all of it is a skew for sure. */
  #judgeClock({ storeNow }: Heartbeat, { asked, answered }: Exchange): void {
    const halfway = between(asked, answered) / 2;
    const skew = storeNow - (asked + halfway);
    const isSkewed = Math.abs(skew) - halfway > this.#options.hostClockSkew;
    if (isSkewed && !this.#isSkewed)
      this.#log.error(
        { skew },
        'the clock of this host differs from that of the store: it runs no tenants and takes no commands until it is set right',
      );
    if (!isSkewed && this.#isSkewed) this.#log.info({ skew }, 'the clock of this host agrees with that of the store again');
    this.#isSkewed = isSkewed;
  }

  #judgeCloud({ storeNow, healthyElsewhereAt, liveHosts }: Heartbeat): void {
    const { ailingAfter, ailingSpacing } = this.#options;
    if (this.#isAiling) {
      const isLong = this.#ailedAt !== undefined && between(this.#ailedAt, this.#clock.now()) >= ailingSpacing;
      const isOver = this.#cloud.answeringFor >= ailingAfter || (isLong && this.#cloud.hasAnswered(ailingAfter));
      if (!isOver && liveHosts > 0) return;
      this.#isAiling = false;
      this.#log.info({}, 'this host takes tenants again');
      return;
    }
    const isWellElsewhere = healthyElsewhereAt !== null && between(healthyElsewhereAt, storeNow) <= ailingAfter;
    if (!isWellElsewhere || this.#cloud.failingFor < ailingAfter || !this.#cloud.isFailingForSeveral) return;
    const now = this.#clock.now();
    if (this.#ailedAt !== undefined && between(this.#ailedAt, now) < ailingSpacing) return;
    this.#isAiling = true;
    this.#ailedAt = now;
    this.#log.warn({}, 'the cloud does not answer this host, but another one: it gives its tenants up until the cloud answers again');
  }
}
