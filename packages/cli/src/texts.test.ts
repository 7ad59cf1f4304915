import { describe, expect, it } from 'vitest';
import { clockTime, grouped, spanText } from './texts.ts';

describe('clockTime', () => {
  it.each([
    [0, '0:00:00'],
    [61_999.5, '0:01:01'],
    [100 * 3_600_000 + 59_000, '100:00:59'],
  ])('writes %d ms as %s', (at, text) => expect(clockTime(at)).toBe(text));
});

describe('spanText', () => {
  it.each([
    [0, '0 s'],
    [45_400, '45 s'],
    [5_400_000, '1 h 30 min'],
    [21_600_000, '6 h'],
  ])('says %d ms as %s', (span, text) => expect(spanText(span)).toBe(text));
});

describe('grouped', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('writes %d as %s', (value, text) => expect(grouped(value)).toBe(text));
});
