import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjust, percentOf } from './adjustment.ts';

const wide = { min: 0, max: 1000 };

describe('percentOf', () => {
  // spec/rest.md, section 10.2; the last four are where floating point alone goes wrong or looks as if it did
  it.each([
    [5, 50, 3],
    [5, 5, 1],
    [5, 75, 4],
    [5, -50, -3],
    [5, -5, -1],
    [5, -75, -4],
    [10, 5.5, 1],
    [0, 1e300, 0],
    [1000, 0.1, 2],
    [1000, 1.1, 12],
    [500, 2.2, 12],
    [1000, 33.3, 333],
    [1000, 5e-324, 1],
  ])('of %d servers, %d %% is %d', (count, percent, delta) => expect(percentOf(count, percent)).toBe(delta));

  it('rounds away from zero: the next whole number or the exact one, with the sign of the percentage', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.double({ min: -1e6, max: 1e6, noNaN: true }), (count, percent) => {
        const delta = percentOf(count, percent);
        const inexact = (count * percent) / 100;
        expect(Math.abs(delta)).toBeGreaterThanOrEqual(Math.abs(inexact) - 1e-6);
        expect(Math.abs(delta)).toBeLessThan(Math.abs(inexact) + 1 + 1e-6);
        expect(Math.sign(delta) * Math.sign(percent) || 0).toBe(count === 0 || percent === 0 ? 0 : 1);
      }),
    );
  });
});

describe('adjust', () => {
  it('adds, sets, or takes a share', () => {
    expect(adjust(4, { change: -3 }, wide)).toBe(1);
    expect(adjust(4, { desiredCapacity: 9 }, wide)).toBe(9);
    expect(adjust(4, { changePercent: 50 }, wide)).toBe(6);
  });
  it('stays within the bounds, whatever the adjustment', () => {
    expect(adjust(2, { change: Number.MAX_SAFE_INTEGER }, { min: 1, max: 3 })).toBe(3);
    expect(adjust(2, { changePercent: 1e308 }, { min: 1, max: 3 })).toBe(3);
    expect(adjust(2, { desiredCapacity: 0 }, { min: 1, max: 3 })).toBe(1);
  });
  it('takes integers of any size exactly', () => {
    const huge = { rawJSON: '9'.repeat(400) };
    const negative = { rawJSON: `-${huge.rawJSON}` };
    const bounds = { min: 1, max: 3 };
    expect([{ change: huge }, { changePercent: huge }, { desiredCapacity: huge }].map((each) => adjust(2, each, bounds))).toEqual([
      3, 3, 3,
    ]);
    expect([{ change: negative }, { changePercent: negative }].map((each) => adjust(2, each, bounds))).toEqual([1, 1]);
    expect(adjust(0, { changePercent: huge }, wide)).toBe(0);
    expect(adjust(2, { changePercent: { rawJSON: '50.0' } }, wide)).toBe(3);
  });
  it('brings a desired capacity that is out of bounds back into them', () => expect(adjust(50, { change: 1 }, { min: 1, max: 3 })).toBe(3));
});
