import { describe, expect, it } from 'vitest';
import { longestPattern, patternOf } from './pattern.ts';

describe('patternOf', () => {
  it('finds a pattern anywhere in a text, or at its start when that is asked for', () => {
    expect([patternOf('b')?.test('ab'), patternOf('b', true)?.test('ab'), patternOf('b|a', true)?.test('xa')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(patternOf('b|a', true)?.test('ab')).toBe(true);
  });

  it('reads the first 1,024 characters of a text', () => {
    const pattern = patternOf('b');
    expect([pattern?.test(`${'a'.repeat(1023)}b`), pattern?.test(`${'a'.repeat(1024)}b`)]).toEqual([true, false]);
  });

  it.each(['(', '(?=a)', '(a)\\1', 'a)|(?:b', 'a'.repeat(longestPattern + 1), '(?:a{100}){100}'])('takes no pattern %j', (source) => {
    expect([patternOf(source), patternOf(source, true)]).toEqual([undefined, undefined]);
  });
});
