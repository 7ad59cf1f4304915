import { describe, expect, it } from 'vitest';
import { parseExactly } from './exact-json.ts';

describe('parseExactly', () => {
  it.each([
    '{"a":1.0}',
    '[60.0,-0,1e5,1E400,9007199254740993,-123456789012345678901234567890,0.10]',
    '{"a":{"b":[1.50,2]},"text":"1.0 and 9007199254740993"}',
    '{"constructor":1.0,"__proto__":{"polluted":2.0}}',
    '{"__proto__":{"polluted":1}}',
    '{"":"\\ud800"}',
  ])('gives back %s as it was written', (text) => {
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  });

  it('leaves numbers that JavaScript writes the same way plain', () => {
    const text = '{"a":[0,1,-5,0.5,9007199254740991,"5b2dbe4e-0c5e-4e6d","10.0.0.1"]}';
    expect(parseExactly(text)).toEqual(JSON.parse(text));
  });

  it('sets no prototype', () => {
    const parsed = parseExactly('{"__proto__":{"polluted":1.0}}') as object;
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });

  it.each(['', ' ', '{', '[', '{},{}', "{'a':1}", '[1,]', 'NaN', '{"a":01}', '\u{feff}{}'])('knows that %j is not JSON', (text) => {
    expect(parseExactly(text)).toBeUndefined();
  });
});
