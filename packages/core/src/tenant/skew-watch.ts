import type { TenantId } from '../model/identifiers.ts';
import { between, type DurationMs, type EpochMs, later, milliseconds, seconds } from '../model/time.ts';
import type { Clock, Log, Metrics } from '../ports.ts';

/** Clocks further apart than this are worth a warning; so often at most for a tenant. */
const worthAWarning = seconds(5);
const warningSpacing = seconds(300);

/**
 * Compares the cloud's clock with ours at every server listing. Nothing is decided by it, for ages of cloud objects are counted in the
 * cloud's time; but people who compare our logs with the cloud's, or set schedules, should know.
 */
export class SkewWatch {
  readonly #tenantId: TenantId;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: Metrics;
  #quietUntil: EpochMs | undefined;

  constructor(tenantId: TenantId, clock: Clock, log: Log, metrics: Metrics) {
    this.#tenantId = tenantId;
    this.#clock = clock;
    this.#log = log;
    this.#metrics = metrics;
  }

  /** A listing that was asked for at `begunAt`, on our clock, and has just been answered, says that it is `cloudNow`. */
  listed(begunAt: EpochMs, cloudNow: EpochMs): void {
    const now = this.#clock.now();
    const skew = skewOf(cloudNow, begunAt, now);
    this.#metrics.clockSkew(skew);
    if (Math.abs(skew) <= worthAWarning || (this.#quietUntil !== undefined && now < this.#quietUntil)) return;
    this.#quietUntil = later(now, warningSpacing);
    this.#log.warn(
      { tenantId: this.#tenantId, skewMs: skew },
      `the cloud's clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'ahead of' : 'behind'} ours; keep both with NTP`,
    );
  }
}

/** How far the cloud's clock is ahead: what cannot be explained by when, between asking and answer, it was read. */
function skewOf(cloudNow: EpochMs, begunAt: EpochMs, endedAt: EpochMs): DurationMs {
  if (cloudNow < begunAt) return milliseconds(between(begunAt, cloudNow));
  return cloudNow > endedAt ? between(endedAt, cloudNow) : milliseconds(0);
}
