import { parseInstant } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { parseIdentityInstant } from './identity-instant.ts';

describe('parseIdentityInstant', () => {
  it.each([
    ['2016-01-02T03:04:05Z', '2016-01-02T03:04:05Z'],
    ['2016-01-02T03:04:05.123456Z', '2016-01-02T03:04:05.123Z'],
    ['2016-01-02T03:04:05.000-06:00', '2016-01-02T09:04:05Z'],
    ['2016-01-02T03:04:05+0130', '2016-01-02T01:34:05Z'],
    ['2016-01-02T03:04:05', '2016-01-02T03:04:05Z'],
  ])('reads %s as %s', (text, instant) => {
    expect(parseIdentityInstant(text)).toBe(parseInstant(instant));
  });

  it.each(['', 'soon', '2016-01-02', '2016-13-02T03:04:05Z'])('reads nothing from %j', (text) => {
    expect(parseIdentityInstant(text)).toBeUndefined();
  });
});
