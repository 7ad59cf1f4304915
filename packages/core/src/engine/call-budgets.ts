import type { CallKind, CallWrapper } from '../convergence/tenant-cloud.ts';
import { CloudError } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import { between, type DurationMs, type EpochMs, later, milliseconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';
import { FairSlots } from './fair-slots.ts';

/**
 * A tenant's budgets of cloud calls, one per service and verb: so many in flight, and none while the cloud has asked us to stay away
 * (`Retry-After`). A call in that time is refused here, at once, with the time that is left: whoever asked backs off for as long.
 */
export class CallBudgets implements CallWrapper {
  readonly #tenantId: TenantId;
  readonly #clock: Clock;
  readonly #inFlight: number;
  readonly #longest: DurationMs;
  readonly #slots = new Map<CallKind, FairSlots>();
  readonly #closedUntil = new Map<CallKind, EpochMs>();

  /** `longest`: no closure is longer, whatever the cloud asks for. */
  constructor(tenantId: TenantId, clock: Clock, inFlight: number, longest: DurationMs) {
    this.#longest = longest;
    this.#tenantId = tenantId;
    this.#clock = clock;
    this.#inFlight = inFlight;
  }

  async run<T>(kind: CallKind, call: () => Promise<T>): Promise<T> {
    this.#refuseWhileClosed(kind);
    return this.#slotsOf(kind).use(this.#tenantId, async () => {
      this.#refuseWhileClosed(kind);
      try {
        return await call();
      } catch (error) {
        if (error instanceof CloudError && error.retryAfter !== undefined)
          this.#close(kind, later(this.#clock.now(), milliseconds(Math.min(error.retryAfter, this.#longest))));
        throw error;
      }
    });
  }

  /** A longer closure stands. */
  #close(kind: CallKind, until: EpochMs): void {
    const before = this.#closedUntil.get(kind);
    if (before === undefined || before < until) this.#closedUntil.set(kind, until);
  }

  #refuseWhileClosed(kind: CallKind): void {
    const until = this.#closedUntil.get(kind);
    if (until === undefined) return;
    const retryAfter = between(this.#clock.now(), until);
    if (retryAfter <= 0) this.#closedUntil.delete(kind);
    else throw new CloudError('rate-limited', `The cloud asked for no ${kind} calls for another ${retryAfter} ms`, { retryAfter });
  }

  #slotsOf(kind: CallKind): FairSlots {
    const known = this.#slots.get(kind);
    if (known !== undefined) return known;
    const made = new FairSlots(this.#inFlight, this.#inFlight);
    this.#slots.set(kind, made);
    return made;
  }
}
