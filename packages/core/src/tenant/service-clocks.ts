/**
 * What time it is for the services of a tenant's cloud. Ages of what is in the cloud are counted in the service's own time: our clock and
 * an offset, learned from what the service says of its time in its answers.
 */
import type { TenantId } from '../model/identifiers.ts';
import { between, type DurationMs, type EpochMs, later, milliseconds, seconds } from '../model/time.ts';
import type { Clock, Log, Metrics } from '../ports.ts';
import { type DatedService, SkewWatch, skewOf } from './skew-watch.ts';

/** Offsets further apart than this are no inaccuracy but another time: two readings at least so far apart must agree on it. */
const anotherTime = seconds(60);
const readingsApart = seconds(60);
/** The lowest of so many readings counts: the one that waited least for its answer, and no age is taken for too great. */
const readingsKept = 5;

interface Reading {
  readonly offset: DurationMs;
  readonly at: EpochMs;
}

/** The offset of one service's clock from ours. */
export class ServiceOffset {
  #recent: readonly DurationMs[] = [];
  /** Another time, of which another reading must tell before it is believed. */
  #claimed: Reading | undefined;

  /** The service is ahead of us by this; negative: behind. undefined = it has never said. Until a first time is believed, nothing is older than either clock says. */
  get value(): DurationMs | undefined {
    if (this.#recent.length > 0) return milliseconds(Math.min(...this.#recent));
    return this.#claimed === undefined ? undefined : milliseconds(Math.min(0, this.#claimed.offset));
  }

  /** A reading, `at` on our clock. One that tells what is believed disproves another time that an earlier one claimed. */
  read(offset: DurationMs, at: EpochMs): void {
    const believed = this.#recent.length > 0 ? milliseconds(Math.min(...this.#recent)) : milliseconds(0);
    if (isNear(offset, believed)) {
      this.#claimed = undefined;
      this.#recent = [...this.#recent, offset].slice(-readingsKept);
    } else if (this.#claimed === undefined || !isNear(offset, this.#claimed.offset)) this.#claimed = { offset, at };
    else if (between(this.#claimed.at, at) >= readingsApart) {
      this.#recent = [this.#claimed.offset, offset];
      this.#claimed = undefined;
    }
  }
}

const isNear = (one: DurationMs, other: DurationMs): boolean => Math.abs(one - other) <= anotherTime;

/** The clocks of a tenant's services. */
export class ServiceClocks {
  readonly #clock: Clock;
  readonly #skew: SkewWatch;
  readonly #offsets = { servers: new ServiceOffset(), 'load-balancers': new ServiceOffset() } as const;

  constructor(tenantId: TenantId, clock: Clock, log: Log, metrics: Metrics) {
    this.#clock = clock;
    this.#skew = new SkewWatch(tenantId, clock, log, metrics);
  }

  /** An answer that was asked for at `begunAt`, on our clock, and has just come, says that it is `cloudNow`; undefined: it does not say. */
  answered(service: DatedService, begunAt: EpochMs, cloudNow: EpochMs | undefined): void {
    if (cloudNow === undefined) return;
    const now = this.#clock.now();
    const skew = skewOf(cloudNow, begunAt, now);
    this.#offsets[service].read(skew, now);
    this.#skew.measured(service, skew);
  }

  /** What time it is for the servers: our own time while their service has not said. */
  serversNow(): EpochMs {
    return later(this.#clock.now(), this.#offsets.servers.value ?? milliseconds(0));
  }

  /** How far the load balancers are ahead of the servers; no further than they, while they have not said. */
  loadBalancersAhead(): DurationMs {
    const { value } = this.#offsets['load-balancers'];
    return value === undefined ? milliseconds(0) : milliseconds(value - (this.#offsets.servers.value ?? 0));
  }
}
