/** What churn costs and how long it lasts, counted at the ports of the engine. */
import type { Cloud, EpochMs, GroupEvent, GroupId, Store } from '@lutra/core';

/** What some minutes of churn took. */
export interface Churned {
  readonly replaced: number;
  readonly passes: number;
  /** Of groups that changed anything in the store. */
  readonly commits: number;
  /** Calls to the cloud port, by the name of the method. A listing is one call. */
  readonly calls: Readonly<Record<string, number>>;
  /** Requests that the cloud was sent: a listing of load balancers is several. */
  readonly requests: number;
  /** Processor time, ms, with that of the simulated cloud. */
  readonly processor: number;
  /** Virtual ms from the end of a server to the pass that plans its successor, and from there until the group has all its servers. */
  readonly toNotice: readonly number[];
  readonly toWhole: readonly number[];
}

export class ChurnTally {
  #replaced = 0;
  #passes = 0;
  #commits = 0;
  #requests = 0;
  #calls: Record<string, number> = {};
  #toNotice: number[] = [];
  #toWhole: number[] = [];
  /** Deaths that no pass has planned for, and the instants at which others were planned for. */
  readonly #dead = new Map<GroupId, EpochMs[]>();
  readonly #noticed = new Map<GroupId, EpochMs[]>();

  /** Ends what was counted so far, and begins to count again. */
  take(processor: number): Churned {
    const [replaced, passes, commits, requests] = [this.#replaced, this.#passes, this.#commits, this.#requests];
    const [calls, toNotice, toWhole] = [this.#calls, this.#toNotice, this.#toWhole];
    this.#replaced = this.#passes = this.#commits = this.#requests = 0;
    [this.#calls, this.#toNotice, this.#toWhole] = [{}, [], []];
    return { replaced, passes, commits, requests, calls, processor, toNotice, toWhole };
  }

  requested(): void {
    this.#requests += 1;
  }

  died(groupId: GroupId, at: EpochMs): void {
    this.#replaced += 1;
    this.#dead.set(groupId, [...(this.#dead.get(groupId) ?? []), at]);
  }

  happened(event: GroupEvent): void {
    const { groupId, at } = event;
    if (event.kind === 'pass-planned' && event.steps.some(({ kind }) => kind === 'create-server')) {
      for (const died of this.#dead.get(groupId) ?? []) this.#toNotice.push(at - died);
      this.#noticed.set(groupId, [...(this.#noticed.get(groupId) ?? []), ...(this.#dead.get(groupId) ?? []).map(() => at)]);
      this.#dead.delete(groupId);
    } else if (event.kind === 'pass-ended') {
      this.#passes += 1;
      if (event.active < event.desired) return;
      for (const noticed of this.#noticed.get(groupId) ?? []) this.#toWhole.push(at - noticed);
      this.#noticed.delete(groupId);
    }
  }

  /** The cloud, with its calls counted. */
  counting(cloud: Cloud): Cloud {
    return new Proxy(cloud, {
      get: (target, name: keyof Cloud) => {
        const method = target[name] as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          if (name !== 'events$') this.#calls[name] = (this.#calls[name] ?? 0) + 1;
          return method.apply(target, args);
        };
      },
    });
  }

  /** The store, with its commits counted. */
  countingCommits(store: Store): Store {
    const transact: Store['transact'] = async (ref, decide, ...rest) => {
      let changes = false;
      const answer = await store.transact(
        ref,
        (...read) => {
          const decision = decide(...read);
          changes = Object.keys(decision.change).length > 0;
          return decision;
        },
        ...rest,
      );
      if (changes) this.#commits += 1;
      return answer;
    };
    return new Proxy(store, {
      get: (target, name: keyof Store) => {
        if (name === 'transact') return transact;
        const member = target[name];
        return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
      },
    });
  }
}
