import { isRawNumber, parseExactly } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactIntegerOf, halfCharacterIn, integerOf, isInteger, numberOf } from './exact-json.ts';

describe('integerOf', () => {
  it.each([
    ['1', 1],
    ['-0', 0],
    ['9223372036854775807', 2 ** 63],
    ['60', 60],
  ])('takes %s for an integer', (text, value) => {
    expect(integerOf((parseExactly(`[${text}]`) as unknown[])[0])).toBe(value);
  });

  it.each(['1.0', '60.0', '1e2', '1e+21', '-1.50'])('does not take %s for an integer', (text) => {
    const value = integerOf((parseExactly(`[${text}]`) as unknown[])[0]);
    expect(isRawNumber(value)).toBe(true);
  });
});

describe('exactIntegerOf', () => {
  const readBack = (text: string): string => JSON.stringify([exactIntegerOf((parseExactly(`[${text}]`) as unknown[])[0])]);
  it.each(['0', '-7', '9007199254740991', '9007199254740993', '-9007199254740993', '99999999999999999999999', '1.0', '1e2'])(
    'writes %s as it came',
    (text) => expect(readBack(text)).toBe(`[${text}]`),
  );
  it('knows only one zero', () => expect(readBack('-0')).toBe('[0]'));
});

describe('isInteger', () => {
  it.each<[string, boolean]>([
    ['7', true],
    ['-99999999999999999999999', true],
    ['1.0', false],
    ['1e2', false],
    ['0.5', false],
    ['"7"', false],
    ['null', false],
    ['[7]', false],
  ])('of %s is %s', (text, expected) => expect(isInteger((parseExactly(`[${text}]`) as unknown[])[0])).toBe(expected));
});

describe('numberOf', () => {
  it.each([
    ['1.0', 1],
    ['45.50', 45.5],
    ['1e2', 100],
    ['1e400', Number.POSITIVE_INFINITY],
    ['7', 7],
  ])('reads %s as the number it is', (text, value) => {
    expect(numberOf((parseExactly(`[${text}]`) as number[])[0] ?? Number.NaN)).toBe(value);
  });
});

describe('halfCharacterIn', () => {
  it.each([
    [String.raw`"\ud83d\ude00"`, undefined],
    [String.raw`"\\ud800"`, undefined],
    [String.raw`"\uD800"`, String.raw`\uD800`],
    [String.raw`{"\udc00":1}`, String.raw`\udc00`],
    [String.raw`["\ud83d\ude00\ud83d"]`, String.raw`\ud83d`],
    [String.raw`"\\\ud83dx"`, String.raw`\ud83d`],
  ])('finds in %s the half character %s', (text, half) => expect(halfCharacterIn(text)).toBe(half));

  it('finds one just where the text that is meant is not well-formed', () => {
    const piece = fc.constantFrom('a', '😀', '\\\\', '\\n', 'u', 'd800', '\\ud83d', '\\uDE00', '\\u0041', '\\"');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = `"${pieces.join('')}"`;
        expect([text, halfCharacterIn(text) === undefined]).toEqual([text, (JSON.parse(text) as string).isWellFormed()]);
      }),
    );
  });
});
