import { describe, expect, it } from 'vitest';
import { jsonSizeOf } from './json-size.ts';

describe('jsonSizeOf', () => {
  it.each<[object, number]>([
    [{}, 2],
    [{ a: 'é€😀' }, 8 + 2 + 3 + 4],
    [{ a: '\ud800' }, 8 + 6], // half a pair is written as an escape
    [['"', '\n'], 11],
  ])('counts the bytes of %j in UTF-8', (value, size) => {
    expect(jsonSizeOf(value)).toBe(size);
  });

  it('counts a number that was kept as its text as it was written', () => {
    const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };
    expect(jsonSizeOf({ a: rawJSON(`1.${'0'.repeat(100)}`) })).toBe(6 + 102);
  });
});
