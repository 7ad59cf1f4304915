import { indexObservation, type TenantObservation } from '../convergence/observation.ts';
import type { TenantCloud } from '../convergence/tenant-cloud.ts';
import { between, type DurationMs } from '../model/time.ts';
import type { Clock } from '../ports.ts';

/** An observation that is under way. */
interface Flight {
  readonly sequence: number;
  readonly result: Promise<TenantObservation>;
}

/**
 * Observes a tenant once for all its groups. Whoever asks names the observation after which he wrote last; he shares any that began
 * later, be it done (and young), under way, or next. At most one is under way and at most one waits behind it.
 */
export class TenantObserver {
  readonly #cloud: TenantCloud;
  readonly #clock: Clock;
  readonly #maxAge: DurationMs;
  #begun = 0;
  #latest: TenantObservation | undefined;
  #current: Flight | undefined;
  #next: Flight | undefined;

  constructor(cloud: TenantCloud, clock: Clock, maxAge: DurationMs) {
    this.#cloud = cloud;
    this.#clock = clock;
    this.#maxAge = maxAge;
  }

  /** A mark: observations with a greater sequence began after now. */
  mark(): number {
    return this.#begun;
  }

  /** An observation with a sequence greater than `after`. Rejects with the CloudError of the read that failed. */
  observe(after: number): Promise<TenantObservation> {
    const latest = this.#latest;
    if (latest !== undefined && latest.sequence > after && between(latest.begunAt, this.#clock.now()) <= this.#maxAge) {
      return Promise.resolve(latest);
    }
    if (this.#current === undefined) return this.#begin().result;
    if (this.#current.sequence > after) return this.#current.result;
    this.#next ??= this.#follow(this.#current);
    return this.#next.result;
  }

  #begin(): Flight {
    this.#begun += 1;
    const flight = { sequence: this.#begun, result: this.#read(this.#begun) };
    this.#current = flight;
    const landed = (): void => {
      if (this.#current === flight) this.#current = undefined;
    };
    flight.result.then((observation) => {
      this.#latest = observation;
      landed();
    }, landed);
    return flight;
  }

  /** The one that begins as soon as `current` has ended, however it ends. */
  #follow(current: Flight): Flight {
    const begin = (): Promise<TenantObservation> => {
      this.#next = undefined;
      return this.#begin().result;
    };
    return { sequence: current.sequence + 1, result: current.result.then(begin, begin) };
  }

  async #read(sequence: number): Promise<TenantObservation> {
    const begunAt = this.#clock.now();
    const [listing, loadBalancers, poolMembers] = await Promise.all([
      this.#cloud.listServers(),
      this.#cloud.listLoadBalancers(),
      this.#cloud.listPoolMembers(),
    ]);
    return indexObservation(sequence, begunAt, listing, loadBalancers, poolMembers);
  }
}
