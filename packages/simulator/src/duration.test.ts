import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it('reads units, sums of them, and plain seconds', () => {
    const read = (value: string | number) => parseDuration(value);
    expect(['250ms', '90s', '10m', '6h', '1d', '1h30m', '1.5m', 2, 0.25].map(read)).toEqual([
      250, 90_000, 600_000, 21_600_000, 86_400_000, 5_400_000, 90_000, 2000, 250,
    ]);
  });

  it('reads nothing else', () => {
    for (const value of ['', 'soon', '10', '10 m', '-5s', 'm', -1, Number.NaN]) expect(parseDuration(value)).toBeUndefined();
  });
});
