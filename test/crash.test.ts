import { seededRandom } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { type CrashPoint, isWrite, type PortCall } from './crash-host.ts';
import { type CrashRunEnd, runWithCrash } from './crash-run.ts';

/** Crash points tried for each kind of port call; all there are with CRASH_POINTS=all. Fewer for the other losses. */
const perKind = process.env.CRASH_POINTS === 'all' ? Number.POSITIVE_INFINITY : Number(process.env.CRASH_POINTS ?? 3);
const seed = Number(process.env.SEED ?? 7);
/** Which part of them: CRASH_PART=2/10 is the second of ten. */
const [part = 1, parts = 1] = (process.env.CRASH_PART ?? '1/1').split('/').map(Number);
/** Every call is tried in the end, with ever other seeds. */
const random = seededRandom(seed).fork('crash-points');

/** Calls after which something is different: these are what a loss can tear apart. */
const changes = (call: PortCall): boolean =>
  isWrite(call) || call.name === 'transact' || call.name === 'createGroup' || call.name === 'claim';

/**
 * Points around calls of every kind: of as many equal parts of the run one each, by lot. Before and after calls that change something; a
 * third as many before or after others, of which reads of the cloud only for a crash.
 */
function pointsOf(calls: readonly PortCall[], how: CrashPoint['how']): readonly CrashPoint[] {
  const numbered = [...calls.entries()].filter(([, call]) => how === 'crash' || call.port === 'store' || isWrite(call));
  const most = how === 'crash' ? perKind : Math.ceil(perKind / 2);
  return [...Map.groupBy(numbered, ([, { name }]) => name)].flatMap(([name, all]) => {
    const isChange = all.some(([, call]) => changes(call));
    const count = Math.min(isChange || perKind === Number.POSITIVE_INFINITY ? most : Math.ceil(most / 3), all.length);
    return Array.from({ length: count }, (_, n) => n).flatMap((n): readonly CrashPoint[] => {
      const lot = random.at(how, name, n);
      const chosen = all[Math.floor(((n + (count < all.length ? lot : 0)) * all.length) / count)];
      if (chosen === undefined) return [];
      const [before, after] = (['before', 'after'] as const).map((when): CrashPoint => ({ call: chosen[0] + 1, when, how }));
      if (before === undefined || after === undefined) return [];
      if (isChange || count === all.length) return [before, after];
      return [lot < 0.5 ? before : after];
    });
  });
}

/** What must be true at the end of the story, crash or no crash. */
function expectEnd(end: CrashRunEnd, what: string): void {
  expect(end.told, `${what}: every command is acknowledged`).toBe(true);
  expect(end.groups, `${what}: one group`).toBe(1);
  // 5 by command, 3 by schedules, and "one more" as often as it was asked for, or once, where the answer alone was lost or also the spec
  const desired = end.group?.spec.desired ?? 0;
  expect(desired, `${what}: commands and schedules took effect`).toBeGreaterThanOrEqual(9);
  expect(desired, `${what}: commands and schedules took effect once`).toBeLessThanOrEqual(8 + end.asked);
  expect(end.committedUnowned, `${what}: no commit of a host that has lost the tenant`).toBe(0);
  expect(end.unattended, `${what}: what may have been written is looked at again`).toBe(0);
  expect(end.writtenWhilePaused, `${what}: nothing is written while paused`).toBe(0);
  expect(end.group?.spec.configuration.name, what).toBe('crashed');
  expect(Object.values(end.group?.schedules ?? {}), `${what}: one schedule is used up, the other goes on`).toMatchObject([
    { nextAt: Date.UTC(2026, 0, 1, 1, 35) },
  ]);
  expect([end.active.length, end.others], `${what}: as many servers as desired, no others`).toEqual([desired, 0]);
  expect(end.nodes, `${what}: each on the load balancer`).toEqual(
    [...end.active.map(({ address }) => address), end.letGo].map((address) => `${address}:80 ENABLED`).sort(),
  );
  expect(end.overshoot, `${what}: no server too many`).toBeLessThanOrEqual(0);
  expect(end.group?.progress, what).toMatchObject({ causes: [], recheckAt: null });
  expect(end.group?.intents, what).toEqual({});
  expect(Object.keys(end.group?.servers ?? {}).sort(), `${what}: the group knows its servers`).toEqual(
    end.active.map(({ id }) => id).sort(),
  );
}

/** Plays the story with every such loss, and expects its end each time; the runs. */
async function expectSameEnd(how: CrashPoint['how']): Promise<readonly CrashRunEnd[]> {
  const hosts = how === 'freeze' ? 2 : 1;
  const whole = await runWithCrash(seed, undefined, hosts);
  expectEnd(whole, `seed ${seed}, no crash`);
  expect(whole.asked).toBe(1);
  const ends: CrashRunEnd[] = [];
  for (const point of pointsOf(whole.calls, how).filter((_, index) => index % parts === part - 1)) {
    const end = await runWithCrash(seed, point, hosts);
    const what = `seed ${seed}, ${how} ${point.when} call ${point.call} (${whole.calls[point.call - 1]?.name})`;
    expect(end.isLost, what).toBe(true);
    expectEnd(end, what);
    ends.push(end);
  }
  return ends;
}

describe('the loss of a host', () => {
  it('by a crash changes nothing of the end, wherever among its port calls it comes', { timeout: 600_000 }, async () => {
    const ends = await expectSameEnd('crash');
    expect(ends.length).toBeGreaterThan(0);
  });

  it('that lives on without its store, beside the next one, changes nothing of the end', { timeout: 600_000 }, async () => {
    const ends = await expectSameEnd('cut off');
    expect(ends.some(({ writtenWhenLost }) => writtenWhenLost > 0)).toBe(true);
  });

  it('for a while, in which another host has taken over, changes nothing of the end', { timeout: 600_000 }, async () => {
    const ends = await expectSameEnd('freeze');
    expect(ends.length).toBeGreaterThan(0);
  });
});
