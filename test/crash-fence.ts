import type { Ownership, ScalingGroup, Store } from '@lutra/core';

/** Watches what hosts commit: what a loss at that moment would leave, and whether a store refuses those that others have taken over from. */
export class Fence {
  /** Commits of passes that went through after another claim. */
  broken = 0;
  /** Commits of passes that left writes open, and no instant at which somebody looks what became of them. */
  unattended = 0;
  #latest = 0;

  /** The store, watched. One tenant only. */
  watched(store: Store): Store {
    const claim: Store['claim'] = async (...args) => {
      const ownership = await store.claim(...args);
      this.#latest = Math.max(this.#latest, ownership?.epoch ?? 0);
      return ownership;
    };
    const transact: Store['transact'] = async (ref, decide, ownership, once) => {
      let isLate = false;
      const watching: typeof decide = (...args) => {
        isLate = this.#isLate(ownership);
        return decide(...args);
      };
      const answer = await store.transact(ref, watching, ownership, once);
      if (isLate) this.broken += 1;
      const group = ownership && (await store.readGroup(ref));
      if (group !== undefined && group.progress.recheckAt === null && Object.values(group.intents).some(isOpen(group)))
        this.unattended += 1;
      return answer;
    };
    return new Proxy(store, {
      get: (_, name) => {
        if (name === 'claim') return claim;
        if (name === 'transact') return transact;
        const value: unknown = Reflect.get(store, name, store);
        return typeof value === 'function' ? (value as (...args: readonly unknown[]) => unknown).bind(store) : value;
      },
    });
  }

  #isLate(ownership: Ownership | undefined): boolean {
    return ownership !== undefined && ownership.epoch < this.#latest;
  }
}

/** Nobody has seen yet what became of the write. A delete that the cloud shows as going on has been seen. */
const isOpen =
  ({ servers }: ScalingGroup) =>
  (intent: ScalingGroup['intents'][string]): boolean =>
    intent.kind !== 'delete' || servers[intent.serverId]?.state !== 'DELETED';
