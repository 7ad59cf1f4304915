import { describe, expect, it } from 'vitest';
import { decode, decodeAll, documentVersion, encode, upgrade } from './documents.ts';

const upgrades = {
  1: (value: unknown) => ({ ...(value as object), added: 0 }),
  2: (value: unknown) => ({ ...(value as object), added: 1 }),
};

describe('decode', () => {
  it('gives back what was encoded, and numbers as they were written', () => {
    const value = { a: [1, null, 'x'], b: {} };
    expect(decode(encode(value))).toEqual(value);
    expect(JSON.stringify(decode('[1,{"weight":1.0}]'))).toBe('{"weight":1.0}');
  });

  it('refuses a document of a newer version by name, and what is no document', () => {
    const newer = `[${documentVersion + 1},{}]`;
    expect(() => decode(newer)).toThrow(
      `a document of version ${documentVersion + 1}, and this lutra reads versions up to ${documentVersion}`,
    );
    for (const text of ['', '{', '{}', '[]', '["1",{}]']) {
      expect(() => decode(text), text).toThrow(expect.objectContaining({ code: 'unavailable', effect: 'refused' }));
    }
  });
});

describe('decodeAll', () => {
  it('reads many documents from one text', () => {
    expect(decodeAll(`[${encode({ n: 1 })},${encode({ n: 2 })}]`)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(decodeAll('[]')).toEqual([]);
  });

  it('refuses all when one cannot be read', () => {
    expect(() => decodeAll(`[${encode(1)},[99,2]]`)).toThrow('version 99');
  });
});

describe('upgrade', () => {
  it('brings a document of an old version up, one version after the other', () => {
    expect(upgrade([1, { a: 1 }], 3, upgrades)).toEqual({ a: 1, added: 1 });
    expect(upgrade([2, { a: 1 }], 3, upgrades)).toEqual({ a: 1, added: 1 });
    expect(upgrade([3, { a: 1 }], 3, upgrades)).toEqual({ a: 1 });
  });

  it('refuses a version that nothing brings up', () => {
    expect(() => upgrade([0, {}], 3, upgrades)).toThrow('which nothing brings up to 3');
  });
});
