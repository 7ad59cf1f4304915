import { describe, expect, it } from 'vitest';
import { elapsedSince, epochMs, instantWithin, seconds } from './time.ts';

describe('instantWithin', () => {
  it('takes an instant for come that lies further ahead than its bound, and no other for anything but itself', () => {
    const within = (at: number) => instantWithin(epochMs(at), epochMs(1000), seconds(10));
    expect([within(0), within(1000), within(11_000), within(11_001)]).toEqual([0, 1000, 11_000, 1000]);
  });
});

describe('elapsedSince', () => {
  it('is nothing up to the skew of clocks ahead, and for ever beyond it', () => {
    const elapsed = (at: number) => elapsedSince(epochMs(at), epochMs(1000), seconds(10));
    expect([elapsed(0), elapsed(1000), elapsed(11_000), elapsed(11_001)]).toEqual([1000, 0, 0, Number.POSITIVE_INFINITY]);
  });
});
