import type { TenantId } from '../model/identifiers.ts';
import { between, type DurationMs, type EpochMs, later, milliseconds, seconds } from '../model/time.ts';
import type { Clock, Log, Metrics } from '../ports.ts';

/** Clocks further apart than this are worth a warning; so often at most for a tenant. */
const worthAWarning = seconds(5);
const warningSpacing = seconds(300);

/** The services whose times are kept apart. */
export type DatedService = 'servers' | 'load-balancers';
const clockOf = { servers: "the cloud's clock", 'load-balancers': "the clock of the cloud's load balancers" } as const;

/**
 * Tells of the cloud's clocks at every listing. Nothing is decided by it, for ages of cloud objects are counted in the
 * cloud's time; but people who compare our logs with the cloud's, or set schedules, should know.
 */
export class SkewWatch {
  readonly #tenantId: TenantId;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #quietUntil = new Map<DatedService, EpochMs>();

  constructor(tenantId: TenantId, clock: Clock, log: Log, metrics: Metrics) {
    this.#tenantId = tenantId;
    this.#clock = clock;
    this.#log = log;
    this.#metrics = metrics;
  }

  /** An answer of the service says that its clock is so far ahead of ours. */
  measured(service: DatedService, skew: DurationMs): void {
    const now = this.#clock.now();
    if (service === 'servers') this.#metrics.clockSkew(skew);
    if (Math.abs(skew) <= worthAWarning || now < (this.#quietUntil.get(service) ?? now)) return;
    this.#quietUntil.set(service, later(now, warningSpacing));
    this.#log.warn(
      { tenantId: this.#tenantId, service, skewMs: skew },
      `${clockOf[service]} is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'ahead of' : 'behind'} ours; keep both with NTP`,
    );
  }
}

/** How far the cloud's clock is ahead: what cannot be explained by when, between asking and answer, it was read. */
export function skewOf(cloudNow: EpochMs, begunAt: EpochMs, endedAt: EpochMs): DurationMs {
  if (cloudNow < begunAt) return milliseconds(between(begunAt, cloudNow));
  return cloudNow > endedAt ? between(endedAt, cloudNow) : milliseconds(0);
}
