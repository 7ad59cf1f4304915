import { describe, expect, it } from 'vitest';
import { type CrashPoint, type CrashRunEnd, isWrite, type PortCall, runWithCrash } from './crash-run.ts';

/** Crash points tried for each kind of port call; all there are with CRASH_POINTS=all. */
const perKind = process.env.CRASH_POINTS === 'all' ? Number.POSITIVE_INFINITY : Number(process.env.CRASH_POINTS ?? 5);
const seed = Number(process.env.SEED ?? 7);
/** Which part of them: CRASH_PART=2/10 is the second of ten. */
const [part = 1, parts = 1] = (process.env.CRASH_PART ?? '1/1').split('/').map(Number);
/** How many are expected of all there are. */
const least = (ofAll: number): number => (parts === 1 ? ofAll : 0);

/** Points before and after calls of every kind, spread over the run; reads of the cloud only for a crash. */
function pointsOf(calls: readonly PortCall[], how: CrashPoint['how']): readonly CrashPoint[] {
  const numbered = [...calls.entries()].filter(([, call]) => how === 'crash' || call.port === 'store' || isWrite(call));
  const byKind = Map.groupBy(numbered, ([, { name }]) => name);
  return [...byKind.values()].flatMap((all) => {
    const count = Math.min(how === 'crash' ? perKind : Math.ceil(perKind / 2), all.length);
    return Array.from({ length: count }, (_, n) => all[Math.floor((n * all.length) / count)]).flatMap((chosen): readonly CrashPoint[] =>
      chosen === undefined
        ? []
        : [
            { call: chosen[0] + 1, when: 'before', how },
            { call: chosen[0] + 1, when: 'after', how },
          ],
    );
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
  expect(end.madeWhilePaused, `${what}: nothing is made while paused`).toBe(0);
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
}

/** Plays the story with every such loss, and expects its end each time; the runs. */
async function expectSameEnd(how: CrashPoint['how']): Promise<readonly CrashRunEnd[]> {
  const whole = await runWithCrash(seed);
  expectEnd(whole, `seed ${seed}, no crash`);
  expect(whole.asked).toBe(1);
  const ends: CrashRunEnd[] = [];
  for (const point of pointsOf(whole.calls, how).filter((_, index) => index % parts === part - 1)) {
    const end = await runWithCrash(seed, point);
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
    expect(ends.length).toBeGreaterThan(least(20));
  });

  it('that lives on without its store, beside the next one, changes nothing of the end', { timeout: 600_000 }, async () => {
    const ends = await expectSameEnd('cut off');
    expect(ends.length).toBeGreaterThan(least(20));
    expect(ends.filter(({ writtenWhenLost }) => writtenWhenLost > 0).length).toBeGreaterThanOrEqual(least(11));
  });
});
