import { describe, expect, it } from 'vitest';
import { newGroup } from '../commands/creating.ts';
import type { ActivityContent, ActivityEntry, ActivityNote, Capacity } from '../model/activity.ts';
import type { GroupId, PolicyId, TenantId } from '../model/identifiers.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import { type DurationMs, type EpochMs, epochMs, later, milliseconds, seconds } from '../model/time.ts';
import type { ActivityPage, Decision, GroupStore, StoreBounds, TenantStore } from '../ports/store.ts';

/** What of a store keeps activity. */
export interface ActivityStore extends Pick<GroupStore, 'createGroup'>, Pick<TenantStore, 'readActivity'> {
  transact<T>(ref: GroupRef, decide: (group: ScalingGroup) => Decision<T>): Promise<T>;
}

/** A store under test, on a clock that the test moves. */
export interface ActivityUnderTest {
  readonly store: ActivityStore;
  readonly clock: { now(): EpochMs; advance(milliseconds: number): void };
  /** Ends what the store holds open. */
  readonly close?: () => Promise<void>;
}

/** The bounds that a store under test has. */
export const activityBounds: Pick<StoreBounds, 'activityPerGroup' | 'activityPerTenant' | 'activityAge'> = {
  activityPerGroup: 5,
  activityPerTenant: 12,
  activityAge: seconds(100),
};

const tenant = 'tenant' as TenantId;
const other = 'other' as TenantId;
const start = epochMs(1_790_000_000_000);
const none: Capacity = { desired: 0, active: 0, pending: 0 };

const groupOf = (id: string, tenantId: TenantId = tenant): ScalingGroup =>
  newGroup(
    { tenantId, groupId: id as GroupId },
    { name: id, cooldown: 0, minEntities: 0, maxEntities: 99, metadata: {} },
    { type: 'launch_server', args: { server: {} } },
    [],
    start,
  );
const noteOf = (content: ActivityContent, desired = 0, at: EpochMs = start): ActivityNote => ({
  at,
  capacity: { ...none, desired },
  content,
});
const command = (
  name: string,
  refused: string | null = null,
  changes: { policyId?: PolicyId; requestId?: string } = {},
): ActivityContent => ({
  ...{ kind: 'command', command: name, policyId: changes.policyId ?? null },
  ...{ origin: { requestId: changes.requestId ?? null, user: null, by: 'user' }, refused },
});
const pass = (...reasons: string[]): ActivityContent => ({ kind: 'pass', outcome: 'waiting', answers: [], more: 0, reasons });
const create = (store: ActivityStore, id: string, tenantId?: TenantId): Promise<unknown> =>
  store.createGroup(groupOf(id, tenantId), 99, { activity: [noteOf(command('create-group'))] });
/** Commits notes and nothing else. */
const tell = (store: ActivityStore, ref: GroupRef, ...contents: ActivityContent[]): Promise<null> =>
  store.transact(ref, () => ({ change: { activity: contents.map((content) => noteOf(content)) }, answer: null }));
const all = (store: ActivityStore, groupId?: string, tenantId = tenant): Promise<readonly ActivityEntry[]> =>
  store.readActivity(tenantId, { groupId: groupId as GroupId | undefined, after: 0, limit: 999 });
/** Entries in short: the group, the command or the kind, and how many there were. */
const inShort = (entries: readonly ActivityEntry[]): readonly string[] =>
  entries.map(({ groupId, content, times }) => `${groupId} ${content.kind === 'command' ? content.command : content.kind} ${times}`);

type Body = (under: ActivityUnderTest) => Promise<void>;
type Test = (behaviour: string, body: Body) => void;

/** What every store promises of activity; each implementation runs all of it, with `activityBounds`. */
export function describeActivity(name: string, make: (bounds: typeof activityBounds) => Promise<ActivityUnderTest>): void {
  const test: Test = (behaviour, body) =>
    it(behaviour, async () => {
      const under = await make(activityBounds);
      try {
        await body(under);
      } finally {
        await under.close?.();
      }
    });
  describe(`${name}: activity`, () => recording(test));
  describe(`${name}: the order of activity`, () => ordering(test));
  describe(`${name}: the bounds of activity`, () => bounding(test));
}

function recording(test: Test): void {
  test('records with a commit what is told of it, in order', async ({ store, clock }) => {
    await create(store, 'a');
    const notes = [noteOf(command('pause'), 3, clock.now()), noteOf({ kind: 'cause-ended', sentence: 'no' }, 2, clock.now())];
    await store.transact(groupOf('a'), (group) => ({ change: { spec: { ...group.spec, paused: true }, activity: notes }, answer: null }));
    const [, ...told] = await all(store);
    const entry = { tenantId: tenant, groupId: 'a', times: 1, firstAt: clock.now() };
    expect(told).toEqual(notes.map((note, index) => ({ ...entry, ...note, sequence: told[index]?.sequence })));
  });

  test('records what changes nothing else', async ({ store }) => {
    await create(store, 'a');
    await tell(store, groupOf('a'), command('execute-policy', 'Cooldowns not met.'));
    expect(inShort(await all(store))).toEqual(['a create-group 1', 'a execute-policy 1']);
  });

  test('records nothing of a transaction that fails, of a group that is not there, or of one that is refused', async ({ store }) => {
    await create(store, 'a');
    const fail = (): never => {
      throw new Error('no');
    };
    await expect(store.transact(groupOf('a'), fail)).rejects.toThrow('no');
    await expect(tell(store, groupOf('gone'), command('pause'))).rejects.toMatchObject({ code: 'group-not-found' });
    await expect(store.createGroup(groupOf('b'), 1, { activity: [noteOf(command('create-group'))] })).rejects.toMatchObject({
      code: 'groups-over-limit',
    });
    expect(inShort(await all(store))).toEqual(['a create-group 1']);
  });

  test('records nothing of a group that a caller asks for again by its key', async ({ store }) => {
    const use = { tenantId: tenant, scope: 'create', key: 'k', fingerprint: 'f', keptFor: seconds(100), most: 9 };
    const once = { ...use, made: { at: start, ids: ['a'], secrets: [] } };
    for (const id of ['a', 'b']) await store.createGroup(groupOf(id), 99, { activity: [noteOf(command('create-group'))], once });
    expect(inShort(await all(store))).toEqual(['a create-group 1']);
  });

  test('shows nothing of another tenant, and of one group what is its own', async ({ store }) => {
    await create(store, 'a');
    await create(store, 'b', other);
    await create(store, 'c');
    expect(inShort(await all(store))).toEqual(['a create-group 1', 'c create-group 1']);
    expect(inShort(await all(store, 'c'))).toEqual(['c create-group 1']);
    expect(await all(store, 'b')).toEqual([]);
    expect(inShort(await all(store, undefined, other))).toEqual(['b create-group 1']);
  });

  test('counts a pass that came to the same as the last entry of its group, and shows it as the newest', async ({ store, clock }) => {
    await create(store, 'a');
    await tell(store, groupOf('a'), pass('waiting for servers'));
    await create(store, 'b');
    const before = await all(store);
    clock.advance(10);
    await store.transact(groupOf('a'), () => ({
      change: { activity: [noteOf(pass('waiting for servers'), 0, clock.now())] },
      answer: null,
    }));
    await tell(store, groupOf('a'), pass('draining servers'));
    const told = await all(store);
    expect(inShort(told)).toEqual(['a create-group 1', 'b create-group 1', 'a pass 2', 'a pass 1']);
    expect(told[2]).toMatchObject({ firstAt: start, at: later(start, milliseconds(10)) });
    expect(told[2]?.sequence).toBeGreaterThan(before.at(-1)?.sequence ?? Number.POSITIVE_INFINITY);
  });

  test('counts what is told twice in one commit', async ({ store }) => {
    await create(store, 'a');
    await tell(store, groupOf('a'), pass('x'), pass('x'));
    expect(inShort(await all(store))).toEqual(['a create-group 1', 'a pass 2']);
  });

  test('shows a plan until its pass is told, which takes its place, and counts passes that planned and came to the same', async ({
    store,
  }) => {
    const plan = { steps: [{ kind: 'create-server', why: 'too few' }], more: 0 };
    const ended: ActivityContent = { kind: 'pass', outcome: 'retry', plan, answers: [], more: 0, reasons: [] };
    await create(store, 'a');
    for (const times of [1, 2, 3]) {
      await tell(store, groupOf('a'), { kind: 'plan', ...plan });
      const under = times === 1 ? [] : [`a pass ${times - 1}`];
      expect(inShort(await all(store, 'a'))).toEqual(['a create-group 1', ...under, 'a plan 1']);
      await tell(store, groupOf('a'), ended);
      expect(inShort(await all(store, 'a'))).toEqual(['a create-group 1', `a pass ${times}`]);
    }
    for (let n = 0; n < 9; n += 1) await tell(store, groupOf('a'), { kind: 'plan', ...plan }, ended, pass('x'));
    expect(inShort(await all(store, 'a'))).toEqual(['a pass 1', 'a pass 1', 'a pass 1', 'a pass 1', 'a pass 1']); // its bound
  });

  test('does not count across another entry, or another group', async ({ store }) => {
    await create(store, 'a');
    await create(store, 'b');
    await tell(store, groupOf('a'), pass('x'), command('pause'));
    await tell(store, groupOf('b'), pass('x'));
    await tell(store, groupOf('a'), pass('x'));
    expect((await all(store)).map(({ times }) => times)).toEqual([1, 1, 1, 1, 1, 1]);
  });
}

function ordering(test: Test): void {
  const bump = (store: ActivityStore, ref: GroupRef): Promise<number> =>
    store.transact(ref, (group) => {
      const desired = group.spec.desired + 1;
      return { change: { spec: { ...group.spec, desired }, activity: [noteOf(command(`to ${desired}`), desired)] }, answer: desired };
    });

  test('gives rising sequences in the order of commits, also to transactions that overlap', async ({ store }) => {
    await create(store, 'a');
    await Promise.all(Array.from({ length: 4 }, () => bump(store, groupOf('a'))));
    const told = (await all(store, 'a')).slice(1);
    expect(told.map(({ capacity }) => capacity.desired)).toEqual([1, 2, 3, 4]);
    await create(store, 'b');
    const sequences = (await all(store)).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(new Set(sequences).size).toBe(sequences.length);
  });

  test('lets a reader who goes on from what it has read miss nothing, while transactions are open', async ({ store }) => {
    const groups = ['a', 'b', 'c', 'd'];
    for (const id of groups) await create(store, id);
    const seen = new Set<string>();
    let after = (await all(store)).at(-1)?.sequence ?? 0;
    const read = async (): Promise<number> => {
      const page = await store.readActivity(tenant, { after, limit: 2 });
      for (const { groupId, capacity, sequence } of page) {
        seen.add(`${groupId} ${capacity.desired}`);
        after = Math.max(after, sequence);
      }
      return page.length;
    };
    for (let round = 0; round < 20; round += 1) {
      const open = groups.map((id) => bump(store, groupOf(id)));
      const reads = [read(), read()]; // while they are open
      await Promise.all([...open.slice(0, round % groups.length), ...reads]);
      await read();
      await Promise.all(open);
      while ((await read()) > 0);
    }
    const expected = groups.flatMap((id) => Array.from({ length: 20 }, (_, n) => `${id} ${n + 1}`));
    expect([...seen].sort()).toEqual(expected.sort());
  });

  test('reads forwards and backwards in pages, of a tenant or a group', async ({ store }) => {
    for (const id of ['a', 'b', 'c']) await create(store, id);
    await tell(store, groupOf('a'), command('1'), command('2'));
    const [one, two, three, four, five] = await all(store);
    const read = (page: ActivityPage) => store.readActivity(tenant, page);
    const groupId = 'a' as GroupId;
    expect(await read({ after: two?.sequence ?? 0, limit: 2 })).toEqual([three, four]);
    expect(await read({ before: null, limit: 2 })).toEqual([five, four]);
    expect(await read({ before: four?.sequence ?? 0, limit: 2 })).toEqual([three, two]);
    expect(await read({ groupId, after: one?.sequence ?? 0, limit: 9 })).toEqual([four, five]);
    expect(await read({ groupId, before: five?.sequence ?? 0, limit: 9 })).toEqual([four, one]);
    expect(await read({ after: five?.sequence ?? 0, limit: 9 })).toEqual([]);
    expect(await read({ before: one?.sequence ?? 0, limit: 9 })).toEqual([]);
  });
}

function bounding(test: Test): void {
  const commandsOf = async (store: ActivityStore, groupId?: string): Promise<string> =>
    (await all(store, groupId)).map(({ content }) => (content.kind === 'command' ? content.command : content.kind)).join(' ');
  const remove = (store: ActivityStore, ref: GroupRef): Promise<null> =>
    store.transact(ref, () => ({ change: { removed: { tokens: [] }, activity: [noteOf({ kind: 'group-removed' })] }, answer: null }));
  const most = (span: DurationMs): number => span - 1;

  test('keeps so many entries of a group: the eldest goes', async ({ store }) => {
    await create(store, 'a');
    await create(store, 'b');
    await tell(store, groupOf('a'), ...['1', '2', '3', '4', '5', '6'].map((name) => command(name)));
    expect([await commandsOf(store, 'a'), await commandsOf(store, 'b')]).toEqual(['2 3 4 5 6', 'create-group']);
  });

  test('keeps so many entries of a tenant, also of groups that have gone: the eldest goes', async ({ store }) => {
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      await create(store, id);
      await remove(store, groupOf(id));
    }
    expect(inShort(await all(store))).toEqual(
      ['b', 'c', 'd', 'e', 'f', 'g'].flatMap((id) => [`${id} create-group 1`, `${id} group-removed 1`]),
    );
  });

  test('shows an entry until it is too old, by the clock of the store', async ({ store, clock }) => {
    await create(store, 'a');
    const farAhead = noteOf(command('ahead'), 0, later(clock.now(), seconds(1e6)));
    await store.transact(groupOf('a'), () => ({ change: { activity: [farAhead] }, answer: null }));
    clock.advance(most(activityBounds.activityAge));
    await tell(store, groupOf('a'), command('young'));
    expect(await commandsOf(store)).toBe('create-group ahead young');
    clock.advance(1);
    expect([await commandsOf(store), await commandsOf(store, 'a')]).toEqual(['young', 'young']);
  });

  test('counts anew what repeats an entry that is too old', async ({ store, clock }) => {
    await create(store, 'a');
    await tell(store, groupOf('a'), pass('x'));
    clock.advance(1);
    await create(store, 'b');
    clock.advance(most(activityBounds.activityAge));
    await tell(store, groupOf('a'), pass('x'));
    expect(inShort(await all(store))).toEqual(['b create-group 1', 'a pass 1']);
  });

  test('keeps what was told of a group for as long after it has gone, and nothing of it after that', async ({ store, clock }) => {
    await create(store, 'a');
    clock.advance(10);
    await remove(store, groupOf('a'));
    clock.advance(most(activityBounds.activityAge));
    expect(inShort(await all(store, 'a'))).toEqual(['a group-removed 1']);
    clock.advance(1);
    expect(await all(store)).toEqual([]);
  });

  test('goes on with higher sequences after everything of a tenant was too old', async ({ store, clock }) => {
    await create(store, 'a');
    await remove(store, groupOf('a'));
    const last = (await all(store)).at(-1)?.sequence ?? Number.POSITIVE_INFINITY;
    clock.advance(activityBounds.activityAge);
    await create(store, 'z', other); // whatever is forgotten, is forgotten now
    await create(store, 'b');
    expect((await all(store)).map(({ sequence }) => sequence > last)).toEqual([true]);
  });
}
