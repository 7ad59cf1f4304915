import { describe, expect, it } from 'vitest';
import { milliseconds } from '../../model/time.ts';
import { LearnedDurations } from './learned-durations.ts';

function having(thing: string, durations: readonly number[]): LearnedDurations {
  const learned = new LearnedDurations();
  for (const duration of durations) learned.took(thing, milliseconds(duration));
  return learned;
}
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n + 1);

describe('LearnedDurations', () => {
  it('says nothing of what it has seen too seldom', () => {
    expect(having('a', [1, 2, 3, 4]).usual('a')).toBeUndefined();
    expect(having('a', upTo(30)).usual('b')).toBeUndefined();
  });

  it('gives the quickest and the slowest tenth, in whatever order they came', () => {
    expect(having('a', [...upTo(21)].reverse()).usual('a')).toEqual({ quickest: 3, slowest: 19 });
    expect(having('a', [9, 9, 9, 9, 9]).usual('a')).toEqual({ quickest: 9, slowest: 9 });
    expect(having('a', [1.5, 1.5, 1.5, 1.5, 1.5]).usual('a')).toEqual({ quickest: 2, slowest: 2 }); // instants are whole
  });

  it('knows only the last ones', () => {
    expect(having('a', [...upTo(100), ...Array.from({ length: 32 }, () => 7)]).usual('a')).toEqual({ quickest: 7, slowest: 7 });
  });

  it('keeps the things that it saw last', () => {
    const learned = having('first', upTo(10));
    for (let n = 0; n < 99; n += 1) learned.took(`other ${n}`, milliseconds(n));
    expect(learned.usual('first')).toBeDefined();
    learned.took('one more', milliseconds(1));
    expect(learned.usual('first')).toBeUndefined();
  });
});
