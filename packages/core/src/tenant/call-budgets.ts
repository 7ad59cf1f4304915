import { CloudError } from '../errors.ts';
import type { CallKind, CallWrapper } from '../guards/tenant-cloud.ts';
import { between, type DurationMs, type EpochMs, epochMs, later, milliseconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';
import { FairSlots } from './fair-slots.ts';

/**
 * A tenant's budgets of cloud calls, one per service and verb: so many in flight, and none while the cloud has asked us to stay away
 * (`Retry-After`). A call in that time is refused here, at once, with the time that is left: whoever asked backs off for as long.
 */
export class CallBudgets implements CallWrapper {
  readonly #clock: Clock;
  readonly #longest: DurationMs;
  readonly #slots: FairSlots<CallKind>;
  /** Until when the cloud has asked us to stay away. */
  readonly #closedUntil = new Map<CallKind, EpochMs>();

  /** `longest`: no closure is longer, whatever the cloud asks for. */
  constructor(clock: Clock, inFlight: number, longest: DurationMs) {
    this.#longest = longest;
    this.#clock = clock;
    this.#slots = new FairSlots(Number.POSITIVE_INFINITY, inFlight);
  }

  async run<T>(kind: CallKind, call: () => Promise<T>): Promise<T> {
    this.#refuseWhileClosed(kind);
    return this.#slots.use(kind, async () => {
      this.#refuseWhileClosed(kind);
      try {
        return await call();
      } catch (error) {
        if (error instanceof CloudError && error.retryAfter !== undefined) this.#closeFor(kind, error.retryAfter);
        throw error;
      }
    });
  }

  /** Whether the cloud has asked us to stay away from anything, and still does. */
  get isClosed(): boolean {
    const now = this.#clock.now();
    return [...this.#closedUntil.values()].some((until) => until > now);
  }

  #refuseWhileClosed(kind: CallKind): void {
    const retryAfter = between(this.#clock.now(), this.#closedUntil.get(kind) ?? epochMs(0));
    if (retryAfter > 0)
      throw new CloudError('rate-limited', `The cloud asked for no ${kind} calls for another ${retryAfter} ms`, { retryAfter });
  }

  /** A longer closure stands. */
  #closeFor(kind: CallKind, asked: DurationMs): void {
    const until = later(this.#clock.now(), milliseconds(Math.min(asked, this.#longest)));
    this.#closedUntil.set(kind, epochMs(Math.max(until, this.#closedUntil.get(kind) ?? 0)));
  }
}
