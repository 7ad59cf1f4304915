/** Stores that are wrong in one way each: the contract fails on them, so it would on a real one. */
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { epochMs } from '../model/time.ts';
import type { Decision, Store } from '../ports.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { describeInterleavings, type HeldStoreUnderTest, interleavings } from './interleavings-contract.ts';

/** Waits where a test holds the next write. */
type Gap = () => Promise<void>;
type Wrong = (store: Store, gap: Gap) => Partial<Store>;

/** A store with a gap that can be held open, in front of what `wrong` does otherwise. */
function under(wrong: Wrong): HeldStoreUnderTest {
  let now = 1_790_000_000_000;
  const clock = {
    now: () => epochMs(now),
    after: () => NEVER,
    advance: (by: number) => {
      now += by;
    },
  };
  const inner = createMemoryStore(clock);
  let held: Promise<void> | undefined;
  const gap: Gap = () => {
    const open = held;
    held = undefined;
    return open ?? Promise.resolve();
  };
  const holdNext = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return resolve;
  };
  const other = wrong(inner, gap);
  const store = new Proxy(inner, {
    get: (target, name) => {
      const member: unknown = Reflect.get(other, name) ?? Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { store, clock, holdNext };
}

/** Decides on what it read, and commits that later, whatever has changed meanwhile. */
const decidesApart: Wrong = (store, gap) => ({
  transact: async (ref, decide, ownership, once) => {
    let decision: Decision<unknown> | undefined;
    const look: typeof decide = (...seen) => {
      decision = decide(...seen);
      return { change: {}, answer: decision.answer as never };
    };
    const answer = await store.transact(ref, look, ownership, once);
    await gap();
    await store.transact(ref, () => ({ change: decision?.change ?? {}, answer: null }));
    return answer;
  },
});

/** Grants a claim by the epoch that it saw before, and takes the tenant from whoever has it by then. */
const claimsApart: Wrong = (store, gap) => ({
  claim: async (owner, tenantId, epoch) => {
    if ((await store.unownedTenant(tenantId))?.epoch !== epoch) return undefined;
    await gap();
    for (const { host, incarnation } of await store.members()) {
      for (const owned of await store.ownedBy({ host, incarnation })) if (owned.tenantId === tenantId) await store.release(owned);
    }
    const found = await store.unownedTenant(tenantId);
    return found && store.claim(owner, tenantId, found.epoch);
  },
});

/** Numbers an entry when it is decided, and shows it when that is committed. */
const numbersEarly: Wrong = (store, gap) => {
  const open = new Set<string>();
  return {
    transact: async (ref, ...rest) => {
      const answer = await store.transact(ref, ...rest);
      open.add(ref.groupId);
      await gap();
      open.delete(ref.groupId);
      return answer;
    },
    readActivity: async (...asked) => (await store.readActivity(...asked)).filter(({ groupId }) => !open.has(groupId)),
  };
};

describeInterleavings('a store that answers late', async () =>
  under((store, gap) => ({
    transact: async (...asked) => {
      const answer = await store.transact(...asked);
      await gap();
      return answer;
    },
  })),
);

describe('interleavings', () => {
  it.each([
    ['a stale commit', decidesApart, /dead/],
    ['a lost update', decidesApart, /settled/],
    ['two owners', claimsApart, /two hosts/],
    ['a hidden entry', numbersEarly, /activity/],
  ] as const)('fails on a store with %s', async (_, wrong, name) => {
    const found = Object.entries(interleavings).filter(([behaviour]) => name.test(behaviour));
    expect(found).toHaveLength(1);
    for (const [, body] of found) await expect(body(under(wrong))).rejects.toThrow(/expected/);
  });
});
