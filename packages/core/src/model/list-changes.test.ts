import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween, withChanges } from './list-changes.ts';

interface Item {
  readonly id: number;
}
const items = Array.from({ length: 60 }, (_, id): Item => ({ id }));
const pick = (...ids: readonly number[]): readonly Item[] => ids.flatMap((id) => items[id] ?? []);
const idOf = ({ id }: Item): number => id;

describe('changesBetween', () => {
  it('finds what was dropped, is new, or changed', () => {
    const changed = { id: 2 };
    const before = pick(5, 4, 3, 2, 1);
    expect(changesBetween(before, before)).toEqual({ dropped: [], fresh: [] });
    expect(changesBetween(before, pick(5, 3, 2, 1))).toEqual({ dropped: pick(4), fresh: [] });
    expect(changesBetween(before, pick(6, 5, 4, 3, 2, 1))).toEqual({ dropped: [], fresh: pick(6) });
    expect(changesBetween(before, [...pick(5, 4, 3), changed, ...pick(1)])).toEqual({ dropped: pick(2), fresh: [changed] });
  });

  it('gives up on another order, on doubles that come or go, and on too many changes', () => {
    expect(changesBetween(pick(1, 2, 3), pick(3, 1, 2))).toBeUndefined();
    expect(changesBetween(pick(1, 2), pick(1, 2, 1))).toBeUndefined();
    expect(changesBetween(pick(1, 2, 1), pick(2, 1))).toBeUndefined();
    expect(changesBetween(items, [])).toBeUndefined();
  });
});

describe('withChanges', () => {
  it('keeps what changed in its place and puts what is new first', () => {
    const changed = { id: 3 };
    const changes = { dropped: pick(3, 2), fresh: [items[9] as Item, changed] };
    expect(withChanges(pick(4, 3, 2, 1), changes, idOf)).toEqual([...pick(9, 4), changed, ...pick(1)]);
  });

  it('makes of the list before what there is now, whatever was dropped, changed or came', () => {
    const what = fc.array(fc.constantFrom('stays', 'changes', 'goes'), { maxLength: 40 });
    fc.assert(
      fc.property(what, fc.nat({ max: 3 }), (fates, made) => {
        const before = fates.map((_, id): Item => ({ id }));
        const left = before.flatMap((item, at) => (fates[at] === 'goes' ? [] : [fates[at] === 'stays' ? item : { ...item }]));
        const now = [...Array.from({ length: made }, (_, n): Item => ({ id: 100 + n })), ...left];
        const changes = changesBetween(before, now);
        if (changes === undefined) return;
        const after = withChanges(before, changes, idOf);
        expect(after).toHaveLength(now.length);
        expect(after.every((item, at) => item === now[at])).toBe(true);
      }),
    );
  });
});
