import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrowingBytes } from './growing-bytes.ts';

describe('GrowingBytes', () => {
  it('puts chunks together in their order, and changes none of them', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20_000 }), { maxLength: 20 }), (given) => {
        const chunks = given.map((bytes) => Buffer.from(bytes));
        const grown = new GrowingBytes();
        for (const chunk of chunks) grown.add(chunk);
        expect(grown.bytes().equals(Buffer.concat(given))).toBe(true);
        expect(chunks.every((chunk, index) => chunk.equals(given[index] ?? Buffer.alloc(0)))).toBe(true);
      }),
    );
  });

  it('keeps nothing of what it drops', () => {
    const grown = new GrowingBytes();
    for (const text of ['ab', 'cd']) grown.add(Buffer.from(text));
    grown.drop();
    expect(grown.bytes().buffer.byteLength).toBe(0);
    grown.add(Buffer.from('e'));
    expect(grown.bytes().toString()).toBe('e');
  });
});
