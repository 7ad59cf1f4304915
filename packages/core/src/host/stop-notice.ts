import type { SetSwitch } from '../model/switches.ts';
import type { Log, Metrics } from '../ports.ts';

/**
 * Tells the log and the metrics of this host when operators stop all hosts, and when they lift that. It tells only: whether a write may start
 * is asked of the store before each one. It hears of a change with the next heartbeat, and at once where the change was asked of this host.
 */
export class StopNotice {
  readonly #log: Log;
  readonly #metrics: Metrics;
  #isStopped = false;

  constructor(log: Log, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** What stops all hosts by now; null = nothing. */
  heard(stop: SetSwitch | null): void {
    const isStopped = stop !== null;
    if (isStopped === this.#isStopped) return;
    this.#isStopped = isStopped;
    this.#metrics.stopped(isStopped);
    if (stop === null) this.#log.warn({}, 'an operator let writes to the cloud start again, on all hosts');
    else
      this.#log.warn(
        { ...stop },
        'an operator has stopped all hosts: no write to the cloud starts until that is lifted (lutra resume-all)',
      );
  }
}
