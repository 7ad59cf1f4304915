import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerId } from '../model/identifiers.ts';
import type { Births, KnownServer } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aDelete, aGroup, aKnown, aServer, noProgress } from '../testing/parts.ts';
import { birthsCause, birthsRestraint, bornNow, judgeBirths, unbornAgain } from './births.ts';

const none = noProgress.births;
const born = (n: number, batch = 'a', activeSince: number | null = null, changes: Partial<KnownServer> = {}): KnownServer =>
  aKnown(n, { birth: { batch, activeSince: activeSince === null ? null : epochMs(activeSince) }, ...changes });
interface Setting {
  readonly births?: Births;
  readonly now?: number;
  readonly unconfirmed?: readonly string[];
  readonly group?: Parameters<typeof aGroup>[1];
}
/** What becomes of births when these servers were known, and those are seen now. */
function judge(
  known: readonly KnownServer[],
  seen: readonly Server[],
  { births = none, now = 1000, unconfirmed = [], group = {} }: Setting = {},
) {
  const before = aGroup(known, { ...group, progress: { ...group.progress, births } });
  const after = Object.fromEntries(
    known.filter(({ id }) => unconfirmed.includes(id) || seen.some((server) => server.id === id)).map((one) => [one.id, one]),
  );
  return judgeBirths(before, after, {
    servers: seen,
    unconfirmed: new Set(unconfirmed as ServerId[]),
    cloudNow: epochMs(now),
    now: epochMs(now),
    spread: 1,
    options,
  });
}
const failed = (changes: Partial<Births> = {}): Births => ({ ...none, failures: 1, fault: 'No host', nextAt: epochMs(3000), ...changes });

describe('judgeBirths', () => {
  it.each([
    ['ends in ERROR', [aServer(1, { state: 'ERROR', fault: 'No host' })], 'No host'],
    ['powers off 3 s after it was ACTIVE', [aServer(1, { state: 'SHUTOFF' })], 'Server s1 is in state SHUTOFF'],
    ['vanishes', [], 'Server s1 is gone though nobody asked it to go'],
    ['is deleted behind our back', [aServer(1, { state: 'DELETED' })], 'Server s1 is gone though nobody asked it to go'],
  ])('counts a new server that %s', (_what, seen, fault) => {
    const { births, known } = judge([born(1, 'a', 0)], seen, { now: 3000 });
    expect(births).toEqual({ ...none, failures: 1, fault, nextAt: 5000 });
    expect(Object.values(known).map(({ birth }) => birth)).toEqual(seen.map(() => null));
  });

  it('counts one that overruns the build timeout', () => {
    const seen = [aServer(1, { state: 'BUILD', createdAt: epochMs(0) })];
    expect(judge([born(1)], seen, { now: options.buildTimeout - 1 }).births.failures).toBe(0);
    expect(judge([born(1)], seen, { now: options.buildTimeout }).births).toMatchObject({
      failures: 1,
      fault: expect.stringMatching(/3600/),
    });
  });

  it('counts one that builds again from when it was first seen to', () => {
    const facts = { unconfirmed: new Set<ServerId>(), cloudNow: epochMs(options.buildTimeout), now: epochMs(0), spread: 1, options };
    const servers = [aServer(1, { state: 'BUILD', createdAt: epochMs(0) })];
    const failures = (since: number): number =>
      judgeBirths(aGroup([born(1, 'a', 0)]), {}, { ...facts, servers, buildingAgain: new Map([['s1' as ServerId, epochMs(since)]]) }).births
        .failures;
    expect([failures(1), failures(0)]).toEqual([0, 1]);
  });

  it('does not count one that we delete, that a tenant removes, that is not ours, or of which the cloud says nothing', () => {
    const dead = [aServer(1, { state: 'ERROR' })];
    const removal = { serverId: 's1' as ServerId, purge: true, at: epochMs(0) };
    expect(judge([born(1)], dead, { group: { intents: { 'delete:s1': aDelete(1) } } }).births).toEqual(none);
    expect(judge([born(1)], dead, { group: { spec: { removals: { s1: removal } as never } } }).births).toEqual(none);
    expect(judge([born(1)], dead, { group: { spec: { deleting: true } } }).births).toEqual(none);
    expect(judge([aKnown(1)], dead).births).toEqual(none);
    expect(judge([born(1)], [], { unconfirmed: ['s1'] }).births).toEqual(none);
  });

  it('counts one that shows dead at once, though the answer of its create never came', () => {
    const known = { s1: born(1) } as Readonly<Record<ServerId, KnownServer>>;
    const facts = { unconfirmed: new Set<ServerId>(), cloudNow: epochMs(0), now: epochMs(0), spread: 1, options };
    const judged = judgeBirths(aGroup([]), known, { ...facts, servers: [aServer(1, { state: 'ERROR' })] });
    expect([judged.births.failures, judged.known['s1' as ServerId]?.birth]).toEqual([1, null]);
  });

  it('ends the row with a server that was ACTIVE for 60 s, and counts it no more', () => {
    const births = failed({ failures: 4, creates: 7 });
    const begun = judge([born(1)], [aServer(1)], { births, now: 5000 });
    expect([begun.births, begun.known['s1' as ServerId]?.birth]).toEqual([births, { batch: 'a', activeSince: 5000 }]);
    expect(judge([born(1, 'a', 5000)], [aServer(1)], { births, now: 64_999 }).births).toEqual(births);
    const stays = judge([born(1, 'a', 5000)], [aServer(1)], { births, now: 65_000 });
    expect([stays.births, stays.known['s1' as ServerId]?.birth]).toEqual([none, null]);
    expect(judge([aKnown(1)], [aServer(1, { state: 'ERROR' })]).births).toEqual(none);
  });

  it('counts builds begun in one pass as one failure, and as none where one of them has stayed', () => {
    const three = [born(1), born(2), born(3)];
    const dead = (n: number) => aServer(n, { state: 'ERROR' });
    const first = judge(three, [dead(1), dead(2), aServer(3, { state: 'BUILD' })]);
    expect(first.births).toMatchObject({ failures: 1, batches: { a: 'failed' } });
    const second = judge([born(3)], [dead(3)], { births: first.births });
    expect(second.births).toMatchObject({ failures: 1, batches: {} });
    const mixed = judge([born(1, 'a', 0), born(2)], [aServer(1), dead(2)], { now: 60_000 });
    expect(mixed.births).toMatchObject({ failures: 0, nextAt: null });
    expect(judge([born(1, 'a'), born(2, 'b')], [dead(1), dead(2)]).births.failures).toBe(2);
  });
});

describe('the time between births', () => {
  it('doubles from 2 s to 300 s with every failure, with jitter between half of it and all', () => {
    const pauses = [1, 2, 3, 7, 8, 9, 100].map((failures) => (bornNow(failed({ failures }), 1, epochMs(0), options, 1).nextAt ?? 0) / 1000);
    expect(pauses).toEqual([4, 4, 8, 128, 256, 300, 300]);
    expect(bornNow(failed({ failures: 9 }), 1, epochMs(0), options, 0).nextAt).toBe(150_000);
  });

  it('doubles also with every server that was made meanwhile, whose end is not known', () => {
    let births = failed();
    const pauses = Array.from({ length: 9 }, () => {
      births = bornNow(births, 1, epochMs(0), options, 1);
      return (births.nextAt ?? 0) / 1000;
    });
    expect(pauses).toEqual([4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it('is none while none has failed, and none again once a command has reset it', () => {
    expect(bornNow(none, 5, epochMs(0), options, 1)).toBe(none);
    expect(unbornAgain(failed({ failures: 7, batches: { a: 'failed' } }))).toEqual({ ...none, batches: { a: 'failed' } });
  });
});

describe('birthsRestraint', () => {
  const restraint = (births: Births, now: number, known: readonly KnownServer[] = []) =>
    birthsRestraint(births, Object.fromEntries(known.map((one) => [one.id, one])), epochMs(now), options);

  it('lets one server be made once its time has come, and nothing is restrained while none has failed', () => {
    expect(restraint(failed(), 2999)).toEqual({ until: 3000, steadyAt: undefined });
    expect(restraint(failed(), 3000)).toEqual({ until: undefined, steadyAt: undefined });
    expect(restraint(none, 0)).toBeUndefined();
  });

  it('says when a new server will have stayed for long enough', () => {
    expect(restraint(failed(), 0, [born(1, 'a', 7000), born(2, 'b', 5000), born(3)])).toMatchObject({ steadyAt: 65_000 });
  });

  it('waits for no server whose time has come though it is not ACTIVE any more', () => {
    const rescued = born(1, 'a', 5000, { state: 'RESCUE' });
    expect(restraint(failed(), 65_000, [rescued])).toMatchObject({ steadyAt: undefined });
    expect(restraint(failed(), 65_000, [rescued, born(2, 'b', 7000)])).toMatchObject({ steadyAt: 67_000 });
  });

  it('takes an instant that a clock ten days ahead has stored for come', () => {
    expect(restraint(failed({ nextAt: epochMs(864_000_000) }), 3000)).toMatchObject({ until: undefined });
  });
});

describe('birthsCause', () => {
  it('is there after five failures in a row, with what is known of the last', () => {
    expect(birthsCause(failed({ failures: 4 }))).toEqual([]);
    expect(birthsCause(failed({ failures: 5, fault: 'No valid host was found.' }))).toMatchObject([
      {
        sentence:
          'The last 5 servers failed before they were in service: No valid host was found. Another is tried at most every 5 minutes.',
      },
    ]);
  });
});

describe('births of a group on whose cloud nothing lives', () => {
  it('are at most as many as the backoff allows, however long each takes to fail', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 900 }),
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (takes, missing, spread) => {
          let births = none;
          let made = 0;
          let alive: { id: number; at: number }[] = [];
          const hours = 6;
          for (let now = 0; now < hours * 3600; now += 2) {
            const dead = alive.filter(({ at }) => now - at >= takes);
            alive = alive.filter(({ at }) => now - at < takes);
            const known = [...dead, ...alive].map(({ id, at }) => born(id, `${at}`));
            const seen = [
              ...dead.map(({ id }) => aServer(id, { state: 'ERROR' })),
              ...alive.map(({ id }) => aServer(id, { state: 'BUILD' })),
            ];
            births = judge(known, seen, { births, now: now * 1000 }).births;
            const restraint = birthsRestraint(births, {}, epochMs(now * 1000), options);
            const lacks = missing - alive.length;
            const count = restraint === undefined ? lacks : restraint.until === undefined ? Math.min(1, lacks) : 0;
            for (let n = 0; n < count; n += 1) alive.push({ id: made + n, at: now });
            made += count;
            births = bornNow(births, count, epochMs(now * 1000), options, spread);
          }
          expect(made).toBeLessThanOrEqual(missing + 12 + (hours * 3600) / 150);
        },
      ),
      { numRuns: 20 },
    );
  });
});
