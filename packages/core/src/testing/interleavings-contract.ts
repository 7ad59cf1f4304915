import { describe, expect, it } from 'vitest';
import { newGroup } from '../commands/creating.ts';
import type { GroupId, ServerId, TenantId } from '../model/identifiers.ts';
import type { HostIncarnation } from '../model/ownership.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { epochMs, seconds } from '../model/time.ts';
import type { Store } from '../ports.ts';
import { claimed, owner } from './owning.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** A store under test whose commits can be held open. */
export interface HeldStoreUnderTest extends StoreUnderTest {
  /**
   * Holds the next write at its longest gap: after it was decided and before it is answered. What is asked for meanwhile may go on or wait.
   * Gives what lets it go. Absent: the store decides and commits in one turn, so there is no gap, and calls are only started together.
   */
  readonly holdNext?: () => () => void;
}

type Body = (under: HeldStoreUnderTest) => Promise<void>;

const tenant = 'tenant' as TenantId;
const you: HostIncarnation = { host: 'b', incarnation: 'b-1' };
const start = epochMs(1_790_000_000_000);
const server = 's1' as ServerId;

const groupOf = (id: string): ScalingGroup =>
  newGroup(
    { tenantId: tenant, groupId: id as GroupId },
    { name: id, cooldown: 0, minEntities: 0, maxEntities: 9, metadata: {} },
    { type: 'launch_server', args: { server: {} } },
    [],
    start,
  );
const group = groupOf('a');
const pause = ({ spec }: ScalingGroup) => ({ change: { spec: { ...spec, paused: true } }, answer: null });
const desire = ({ spec }: ScalingGroup) => ({ change: { spec: { ...spec, desired: 7 } }, answer: null });

/** As many turns as a store may take between two steps of a call that waits for nothing else. */
const mostTurns = 100;
async function turns(): Promise<void> {
  for (let turn = 0; turn < mostTurns; turn += 1) await undefined;
}

/** Starts `first`, and `second` while the first is held open; then lets go. */
async function together<A, B>({ holdNext }: HeldStoreUnderTest, first: () => Promise<A>, second: () => Promise<B>) {
  const letGo = holdNext?.();
  const one = first();
  if (letGo !== undefined) await turns();
  const two = second();
  await turns();
  letGo?.();
  return Promise.all([one, two]);
}

const succeeds = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => true,
    () => false,
  );

/** Another host takes the tenant of one whose life is over. */
async function takeOver(store: Store, epoch: number): Promise<ScalingGroup | undefined> {
  await store.join(you, seconds(10));
  expect(await store.claim(you, tenant, epoch)).toBeDefined();
  return store.readGroup(group);
}

/** What every store promises of calls that overlap (design, section 7). */
export const interleavings: Readonly<Record<string, Body>> = {
  'commits what an owner that is dead asks for before the claim of another host, or not at all': async (under) => {
    const { store, clock } = under;
    await store.createGroup(group, 10);
    await store.join(owner, seconds(10));
    const mine = await claimed(store, tenant);
    clock.advance(10_001);
    const [isCommitted, read] = await together(
      under,
      () => succeeds(store.transact(group, pause, mine)),
      () => takeOver(store, mine.epoch),
    );
    expect(read?.spec.paused, 'as its new owner read it').toBe(isCommitted);
    expect((await store.readGroup(group))?.spec.paused).toBe(isCommitted);
    await expect(store.transact(group, pause, mine)).rejects.toMatchObject({ code: 'ownership-lost' });
  },

  'grants a tenant to one of two hosts whose claims overlap': async (under) => {
    const { store } = under;
    await store.createGroup(group, 10);
    for (const host of [owner, you]) await store.join(host, seconds(10));
    const { epoch = -1 } = (await store.unownedTenant(tenant)) ?? {};
    const claims = await together(
      under,
      () => store.claim(owner, tenant, epoch),
      () => store.claim(you, tenant, epoch),
    );
    const granted = claims.flatMap((ownership) => ownership ?? []);
    expect(granted).toHaveLength(1);
    expect([...(await store.ownedBy(owner)), ...(await store.ownedBy(you))]).toEqual(granted);
  },

  'keeps what a command changed and what a pass settled meanwhile, whichever comes first': async (under) => {
    const { store } = under;
    await store.join(owner, seconds(10));
    for (const isSettledFirst of [true, false]) {
      const made = groupOf(`${isSettledFirst}`);
      const removals = { [server]: { replace: false, purge: true } } as never;
      await store.createGroup({ ...made, spec: { ...made.spec, removals } }, 10);
      const mine = (await store.ownedBy(owner))[0] ?? (await claimed(store, tenant));
      const settle = ({ spec, progress }: ScalingGroup) => ({
        change: { spec: { ...spec, removals: {} }, progress: { ...progress, convergedGeneration: 5 } },
        answer: null,
      });
      const calls = [() => store.transact(made, settle, mine), () => store.transact(made, desire)] as const;
      await together(under, calls[isSettledFirst ? 0 : 1], calls[isSettledFirst ? 1 : 0]);
      const { spec, progress } = (await store.readGroup(made)) ?? made;
      expect([spec.desired, spec.removals, progress.convergedGeneration]).toEqual([7, {}, 5]);
    }
  },

  'hides no entry of activity from a reader who goes on from what it read while a transaction was open': async (under) => {
    const { store } = under;
    for (const id of ['a', 'b']) await store.createGroup(groupOf(id), 10);
    const seen = new Set<string>();
    let after = 0;
    const read = async (): Promise<void> => {
      for (const entry of await store.readActivity(tenant, { after, limit: 99 })) {
        seen.add(entry.groupId);
        after = entry.sequence;
      }
    };
    const tell = (id: string) => {
      const capacity = { desired: 0, active: 0, pending: 0 };
      const note = { at: start, capacity, content: { kind: 'cause-ended', sentence: id } } as const;
      return store.transact(groupOf(id), () => ({ change: { activity: [note] }, answer: null }));
    };
    await together(
      under,
      () => tell('a'),
      async () => {
        const told = tell('b');
        await turns();
        await read();
        return told;
      },
    );
    await read();
    expect([...seen].sort()).toEqual(['a', 'b']);
  },
};

/** Runs all of them over a store. */
export function describeInterleavings(name: string, make: () => Promise<HeldStoreUnderTest>): void {
  describe(`${name}: calls that overlap`, () => {
    it.each(Object.entries(interleavings))('%s', async (_, body) => {
      const under = await make();
      try {
        await body(under);
      } finally {
        await under.close?.();
      }
    });
  });
}
