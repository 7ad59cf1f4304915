import type { LoadBalancerId } from '../model/identifiers.ts';

/**
 * One writer per load balancer, across all groups of the tenant: overlapping writes can break a load balancer for minutes
 * (spec/providers.md, 4.8). Writes to one wait for each other in the order of asking; different ones do not.
 */
export class LoadBalancerWriter {
  readonly #last = new Map<LoadBalancerId, Promise<unknown>>();

  /** Runs `write` when all earlier writes to the load balancer have been answered. */
  async inTurn<T>(id: LoadBalancerId, write: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(id) ?? Promise.resolve()).then(write, write);
    this.#last.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(id) === turn) this.#last.delete(id);
    }
  }
}
