import { describe, expect, it } from 'vitest';
import { type CrashPoint, type CrashRunEnd, runWithCrash } from './crash-run.ts';

/** Crash points tried for each kind of port call; all there are with CRASH_POINTS=all. */
const perKind = process.env.CRASH_POINTS === 'all' ? Number.POSITIVE_INFINITY : Number(process.env.CRASH_POINTS ?? 5);
const seed = Number(process.env.SEED ?? 7);

/** Points before and after calls of every kind, spread over the run. */
function pointsOf(calls: readonly string[]): readonly CrashPoint[] {
  const byKind = Map.groupBy(calls.entries(), ([, name]) => name);
  return [...byKind.values()].flatMap((all) => {
    const count = Math.min(perKind, all.length);
    return Array.from({ length: count }, (_, n) => all[Math.floor((n * all.length) / count)]).flatMap((chosen): readonly CrashPoint[] =>
      chosen === undefined
        ? []
        : [
            { call: chosen[0] + 1, when: 'before' },
            { call: chosen[0] + 1, when: 'after' },
          ],
    );
  });
}

/** What must be true at the end of the story, crash or no crash. */
function expectEnd(end: CrashRunEnd, what: string): void {
  expect(end.told, `${what}: every command is acknowledged`).toBe(true);
  expect(end.groups, `${what}: one group`).toBe(1);
  // 5 by command, 3 by schedules, and "one more" as often as it was asked for, or once, where the answer alone was lost or also the wish
  const desired = end.rows?.wish.desired ?? 0;
  expect(desired, `${what}: commands and schedules took effect`).toBeGreaterThanOrEqual(9);
  expect(desired, `${what}: commands and schedules took effect once`).toBeLessThanOrEqual(8 + end.asked);
  expect(end.madeWhilePaused, `${what}: nothing is made while paused`).toBe(0);
  expect(end.rows?.wish.configuration.name, what).toBe('crashed');
  expect(Object.values(end.rows?.schedules ?? {}), `${what}: one schedule is used up, the other goes on`).toMatchObject([
    { nextAt: Date.UTC(2026, 0, 1, 1, 35) },
  ]);
  expect([end.active.length, end.others], `${what}: as many servers as desired, no others`).toEqual([desired, 0]);
  expect(end.nodes, `${what}: each on the load balancer`).toEqual(end.active.map(({ address }) => `${address}:80 ENABLED`).sort());
  expect(end.overshoot, `${what}: no server too many`).toBeLessThanOrEqual(0);
  expect(end.rows?.progress, what).toMatchObject({ status: 'ACTIVE', intents: {}, recheckAt: null });
}

describe('a crash of the host', () => {
  it('changes nothing of the end, wherever among its port calls it comes', { timeout: 600_000 }, async () => {
    const whole = await runWithCrash(seed);
    expectEnd(whole, `seed ${seed}, no crash`);
    expect(whole.asked).toBe(1);
    const points = pointsOf(whole.calls);
    expect(points.length).toBeGreaterThan(20);
    for (const point of points) {
      const end = await runWithCrash(seed, point);
      const what = `seed ${seed}, crash ${point.when} call ${point.call} (${whole.calls[point.call - 1]})`;
      expect(end.crashed, what).toBe(true);
      expectEnd(end, what);
    }
  });
});
