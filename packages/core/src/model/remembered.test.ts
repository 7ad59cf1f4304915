import { describe, expect, it } from 'vitest';
import { Remembered } from './remembered.ts';

describe('Remembered', () => {
  it('makes a value once, and again when anything that it follows from is another object', () => {
    const remembered = new Remembered<number>();
    const [one, other] = [{}, {}];
    let made = 0;
    const make = () => {
      made += 1;
      return made;
    };
    expect([remembered.of([one, other], make), remembered.of([one, other], make)]).toEqual([1, 1]);
    expect(remembered.of([one, {}], make)).toBe(2);
    expect(remembered.of([one], make)).toBe(3);
    expect(remembered.of([one, other], make)).toBe(4);
    expect(remembered.of([], make)).toBe(5);
  });
});
