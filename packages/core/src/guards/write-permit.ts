import { CloudError } from '../errors.ts';
import type { PassRef } from '../model/events.ts';

/** The right to send one write to the cloud. It lasts for a short time and can be renewed. */
export interface WritePermit {
  /** The passes that the write is for. */
  readonly passes?: readonly PassRef[];
  /** Asks everybody who may forbid the write. false: the write is not sent. */
  renew(): Promise<boolean>;
  /** What holds at this moment. `outdated`: only the age of the last answer speaks against the write. `over`: to ask again does not help. */
  check(): 'good' | 'outdated' | 'over';
}

/**
 * Sends a write under its permit, which is renewed first and checked again whenever `send` asks `mayStart`. A permit that is only
 * outdated by then is renewed, and the write is sent again: each time it costs the age that made it outdated, and a pass that is over
 * renews none. Rejects as `send` and `renew` do; `not-started` only if nothing was sent.
 */
export async function sendPermitted<T>(permit: WritePermit, send: (mayStart: () => boolean) => Promise<T>): Promise<T> {
  while (await permit.renew()) {
    const starts = new Starts(permit);
    try {
      return await send(() => starts.mayStart());
    } catch (error) {
      if (!(error instanceof CloudError) || error.kind !== 'not-started') throw error;
      if (!starts.canBeRepeated()) throw error;
    } finally {
      starts.end();
    }
  }
  throw new CloudError('not-started', 'The write was not sent: its pass may not write any more');
}

/** What one call was answered when it asked whether an attempt may start. */
class Starts {
  readonly #permit: WritePermit;
  #someStarted = false;
  #last: ReturnType<WritePermit['check']> | undefined;
  #ended = false;

  constructor(permit: WritePermit) {
    this.#permit = permit;
  }

  /** A call that is over starts nothing: its adapter may not have noticed yet. */
  mayStart(): boolean {
    this.#last = this.#ended ? 'over' : this.#permit.check();
    const isGood = this.#last === 'good';
    this.#someStarted ||= isGood;
    return isGood;
  }

  end(): void {
    this.#ended = true;
  }

  /** Of a call that rejected as not started: whether a new permit helps. An adapter that cannot be right about it is not believed. */
  canBeRepeated(): boolean {
    if (this.#someStarted) throw new CloudError('not-repeated', 'The write was stopped after an attempt that was sent');
    if (this.#last === undefined)
      throw new CloudError('bad-answer', 'The cloud port says that a write was not started, but did not ask whether it may');
    return this.#last === 'outdated';
  }
}
