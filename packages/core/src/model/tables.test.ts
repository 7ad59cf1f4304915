import { describe, expect, it } from 'vitest';
import { tableOf, withValues } from './tables.ts';

interface Item {
  readonly id: string;
  readonly n?: number;
}
const idOf = ({ id }: Item): string => id;
const [a, b, c] = [{ id: 'a' }, { id: 'b' }, { id: 'c' }] as const;

describe('tableOf', () => {
  it('finds values by their keys, and nothing else', () => {
    const table = tableOf<string, Item>([a, b, { id: '__proto__' }], idOf);
    expect(Object.keys(table)).toEqual(['a', 'b', '__proto__']);
    expect([table.a, Object.getOwnPropertyDescriptor(table, '__proto__')?.value]).toEqual([a, { id: '__proto__' }]);
  });
});

describe('withValues', () => {
  it('sets values, and leaves the table that was given as it is', () => {
    const before = tableOf<string, Item>([a, b], idOf);
    expect(withValues(before, [], idOf)).toEqual(before);
    expect(Object.values(withValues(before, [c, { id: 'a', n: 2 }], idOf))).toEqual([{ id: 'a', n: 2 }, b, c]);
    expect(Object.values(before)).toEqual([a, b]);
  });
});
