import { describe, expect, it } from 'vitest';
import { steadyTime } from './steady-time.ts';

/** A machine whose wall clock can be set, and its steady time; both begin at a million. */
function machine() {
  let [wall, ticks] = [1_000_000, 5000];
  const now = steadyTime(
    () => Math.floor(wall),
    () => ticks,
  );
  return {
    now,
    /** Real time goes by, in steps of a fifth of a second; the wall clock runs at `rate`. */
    pass: (ms: number, rate = 1): readonly number[] => {
      const seen: number[] = [];
      for (let left = ms; left > 0; left -= 200) {
        ticks += Math.min(left, 200);
        wall += Math.min(left, 200) * rate;
        seen.push(now());
      }
      return seen;
    },
    set: (by: number) => {
      wall += by;
    },
    wall: () => Math.floor(wall),
  };
}

describe('steadyTime', () => {
  it('is the wall clock, millisecond by millisecond, while nobody sets that', () => {
    const { now, wall, pass } = machine();
    for (let n = 0; n < 1000; n += 1) {
      pass(0.3);
      expect(now()).toBe(wall());
    }
  });

  it('stays with a wall clock that is slewed, an hour either way', () => {
    const { now, wall, pass } = machine();
    for (const rate of [0.9995, 1.0005]) {
      pass(3_600_000, rate);
      expect(Math.abs(now() - wall())).toBeLessThanOrEqual(1);
    }
  });

  it('jumps ahead with the wall clock at once', () => {
    const { now, wall, pass, set } = machine();
    set(30_000);
    expect(now()).toBe(wall());
    pass(1000);
    expect(now()).toBe(wall());
  });

  it('goes on when the wall clock is set back, at no less than 99 of 100, until that has caught up', () => {
    const { now, wall, pass, set } = machine();
    pass(1000);
    const before = now();
    set(-10_000);
    expect(now()).toBe(before);
    const seen = pass(9000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(now() - before).toBeGreaterThanOrEqual(8900);
    expect(now() - wall()).toBeGreaterThan(9800);
    pass(1_000_000);
    expect(now()).toBe(wall());
  });

  it('measures a span that nobody looked at in between as it was, but for a hundredth', () => {
    const { now, pass, set } = machine();
    const before = now();
    set(-3_600_000);
    pass(200);
    expect(now() - before).toBe(198);
  });
});
