import { LutraError } from '../errors.ts';
import type { WritePermit } from '../guards/write-permit.ts';
import type { PassRef } from '../model/events.ts';
import { between, type EpochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Clock } from '../ports.ts';

/** What a permit asks. */
export interface PermitPorts {
  readonly clock: Clock;
  readonly options: Pick<Options, 'mayConvergeMaxAge'>;
  /** Whether nobody asked this pass to stop, and the right to run its tenant's groups is good. Answers at once. */
  readonly goesOn: () => boolean;
  /** Asks the store whether the group may be written to the cloud for: it exists, and is neither paused nor suspended, or is deleting. */
  readonly mayConverge: () => Promise<boolean>;
}

/**
 * Says whether a pass may still send one of its writes: the pass goes on, its deadline has not come, and the store said not longer than
 * `mayConvergeMaxAge` ago that the group may converge. Each write has a permit of its own, so each asks the store itself.
 */
export class PassPermit implements WritePermit {
  readonly #ports: PermitPorts;
  readonly #deadline: EpochMs;
  readonly passes: readonly PassRef[];
  /** When the store last said yes. */
  #yesAt: EpochMs | undefined;

  /** `of`: the pass. */
  constructor(ports: PermitPorts, deadline: EpochMs, of: PassRef) {
    this.#ports = ports;
    this.passes = [of];
    this.#deadline = deadline;
  }

  /** Asks the store. While the store cannot be read the answer is no. Rejects with mistakes of ours only. */
  async renew(): Promise<boolean> {
    this.#yesAt = undefined;
    if (this.check() === 'over') return false;
    try {
      if (await this.#ports.mayConverge()) this.#yesAt = this.#ports.clock.now();
    } catch (error) {
      if (!(error instanceof LutraError)) throw error;
    }
    return this.check() === 'good';
  }

  check(): 'good' | 'outdated' | 'over' {
    const { clock, options, goesOn } = this.#ports;
    const now = clock.now();
    if (now >= this.#deadline || !goesOn()) return 'over';
    return this.#yesAt !== undefined && between(this.#yesAt, now) <= options.mayConvergeMaxAge ? 'good' : 'outdated';
  }
}
