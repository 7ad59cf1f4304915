import { epochMs } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, isoOf } from './iso-time.ts';

const anyInstant = fc.date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2400-01-01T00:00:00Z'), noInvalidDate: true });

describe('isoOf', () => {
  it('writes what the calendar says, in whole seconds', () => {
    fc.assert(
      fc.property(anyInstant, (date) => {
        const whole = Math.floor(date.getTime() / 1000) * 1000;
        expect(isoOf(epochMs(date.getTime()))).toBe(new Date(whole).toISOString().replace('.000Z', 'Z'));
      }),
    );
  });

  it('knows leap days', () => {
    expect(isoOf(epochMs(Date.UTC(2024, 1, 29, 23, 59, 59, 999)))).toBe('2024-02-29T23:59:59Z');
    expect(isoOf(epochMs(Date.UTC(2100, 1, 28) + 86_400_000))).toBe('2100-03-01T00:00:00Z');
  });
});

describe('instantOf', () => {
  it('reads back what isoOf wrote', () => {
    fc.assert(
      fc.property(anyInstant, (date) => {
        const whole = epochMs(Math.floor(date.getTime() / 1000) * 1000);
        expect(instantOf(isoOf(whole))).toBe(whole);
      }),
    );
  });

  it('reads nothing else', () => {
    for (const text of ['', '2026-01-01', '2026-01-01T00:00:00+01:00', 'yesterday']) expect(instantOf(text)).toBeUndefined();
  });
});
