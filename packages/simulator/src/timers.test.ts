import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timers } from './timers.ts';

/** Takes all that are armed, in turn, and answers what they did. */
function fireAll(timers: Timers): void {
  for (let timer = timers.takeFirst(1000); timer !== undefined; timer = timers.takeFirst(1000)) timer.fire();
}

describe('Timers', () => {
  it('gives timers out by instant, ties in the order of arming, whatever was cancelled in between', () => {
    const operations = fc.array(fc.tuple(fc.nat(20), fc.boolean(), fc.nat(200)), { maxLength: 400 });
    fc.assert(
      fc.property(operations, (steps) => {
        const timers = new Timers();
        const inside: { readonly n: number; readonly at: number; readonly cancel: () => void }[] = [];
        const given: number[] = [];
        for (const [n, [at, cancels, which]] of steps.entries()) {
          if (cancels && inside.length > 0) inside.splice(which % inside.length, 1)[0]?.cancel();
          else inside.push({ n, at, cancel: timers.arm(at, () => given.push(n)) });
        }
        const expected = inside.toSorted((a, b) => a.at - b.at);
        expect([timers.size, timers.nextAt]).toEqual([inside.length, expected[0]?.at]);
        fireAll(timers);
        expect(given).toEqual(expected.map(({ n }) => n));
        expect([timers.size, timers.nextAt]).toEqual([0, undefined]);
      }),
    );
  });

  it('gives none that is due later than asked for', () => {
    const timers = new Timers();
    timers.arm(5, () => {});
    expect([timers.takeFirst(4), timers.takeFirst(5)?.at, timers.takeFirst(5)]).toEqual([undefined, 5, undefined]);
  });

  it('does nothing when a timer is cancelled twice, or once it was taken', () => {
    const timers = new Timers();
    const [taken, twice] = [timers.arm(1, () => {}), timers.arm(2, () => {})];
    timers.arm(3, () => {});
    timers.takeFirst(1);
    for (const cancel of [taken, twice, twice]) cancel();
    expect(timers.size).toBe(1);
  });

  it('does not keep what was cancelled, however far away it was due', () => {
    const timers = new Timers();
    timers.arm(1, () => {});
    for (let n = 0; n < 10_000; n += 1) timers.arm(1_000_000, () => {})();
    expect(timers.entries).toBeLessThan(70);
  });
});
