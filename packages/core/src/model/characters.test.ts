import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTo, hasAtMost } from './characters.ts';

const anyText = fc.string({ unit: 'grapheme', maxLength: 60 });

describe('hasAtMost', () => {
  it('counts characters, not their UTF-16 units', () => {
    expect([hasAtMost('😀'.repeat(256), 256), hasAtMost('😀'.repeat(257), 256), hasAtMost('a'.repeat(256), 255)]).toEqual([
      true,
      false,
      false,
    ]);
    fc.assert(fc.property(anyText, fc.nat(70), (text, most) => hasAtMost(text, most) === Array.from(text).length <= most));
  });
});

describe('cutTo', () => {
  it('keeps as many whole characters as there is room for, with the ending', () => {
    expect([cutTo('😀😀😀', 2), cutTo('😀😀😀', 2, '…'), cutTo('😀😀', 2, '…'), cutTo('abc', 1, '...')]).toEqual([
      '😀😀',
      '😀…',
      '😀😀',
      '...',
    ]);
    fc.assert(
      fc.property(anyText, fc.nat(70), (text, most) => {
        const characters = Array.from(text);
        const expected = characters.length <= most ? characters : most === 0 ? ['…'] : [...characters.slice(0, most - 1), '…'];
        expect(cutTo(text, most, '…')).toBe(expected.join(''));
      }),
    );
  });
});
