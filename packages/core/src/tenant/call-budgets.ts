import { CloudError } from '../errors.ts';
import type { CallKind, CallWrapper } from '../guards/tenant-cloud.ts';
import { between, type DurationMs, type EpochMs, later, milliseconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';
import { Slots } from './slots.ts';

/** What is left of one budget. */
interface Budget {
  readonly slots: Slots;
  /** Until when the cloud has asked us to stay away; undefined = it has not. */
  closedUntil: EpochMs | undefined;
}

/**
 * A tenant's budgets of cloud calls, one per service and verb: so many in flight, and none while the cloud has asked us to stay away
 * (`Retry-After`). A call in that time is refused here, at once, with the time that is left: whoever asked backs off for as long.
 */
export class CallBudgets implements CallWrapper {
  readonly #clock: Clock;
  readonly #inFlight: number;
  readonly #longest: DurationMs;
  readonly #budgets = new Map<CallKind, Budget>();

  /** `longest`: no closure is longer, whatever the cloud asks for. */
  constructor(clock: Clock, inFlight: number, longest: DurationMs) {
    this.#longest = longest;
    this.#clock = clock;
    this.#inFlight = inFlight;
  }

  async run<T>(kind: CallKind, call: () => Promise<T>): Promise<T> {
    const budget = this.#budgetOf(kind);
    this.#refuseWhileClosed(kind, budget);
    return budget.slots.use(async () => {
      this.#refuseWhileClosed(kind, budget);
      try {
        return await call();
      } catch (error) {
        if (error instanceof CloudError && error.retryAfter !== undefined)
          closeUntil(budget, later(this.#clock.now(), milliseconds(Math.min(error.retryAfter, this.#longest))));
        throw error;
      }
    });
  }

  #refuseWhileClosed(kind: CallKind, budget: Budget): void {
    if (budget.closedUntil === undefined) return;
    const retryAfter = between(this.#clock.now(), budget.closedUntil);
    if (retryAfter <= 0) budget.closedUntil = undefined;
    else throw new CloudError('rate-limited', `The cloud asked for no ${kind} calls for another ${retryAfter} ms`, { retryAfter });
  }

  #budgetOf(kind: CallKind): Budget {
    const known = this.#budgets.get(kind);
    if (known !== undefined) return known;
    const made: Budget = { slots: new Slots(this.#inFlight), closedUntil: undefined };
    this.#budgets.set(kind, made);
    return made;
  }
}

/** A longer closure stands. */
function closeUntil(budget: Budget, until: EpochMs): void {
  if (budget.closedUntil === undefined || budget.closedUntil < until) budget.closedUntil = until;
}
