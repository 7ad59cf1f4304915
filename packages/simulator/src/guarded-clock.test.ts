import { seconds } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { guardedClock } from './guarded-clock.ts';
import { VirtualClock } from './virtual-clock.ts';

describe('guardedClock', () => {
  it('tells what a timer throws, and goes on', async () => {
    const clock = new VirtualClock();
    const failures: unknown[] = [];
    const guarded = guardedClock(clock, (error) => failures.push(error));
    const seen: string[] = [];
    guarded.after(seconds(1)).subscribe(() => {
      throw new Error('wrong');
    });
    guarded.after(seconds(1)).subscribe(() => seen.push('function'));
    guarded.after(seconds(1)).subscribe({ next: () => seen.push('next'), complete: () => seen.push('complete') });
    guarded
      .after(seconds(1))
      .subscribe(() => seen.push('cancelled'))
      .unsubscribe();
    await clock.runUntil((clock.now() + seconds(2)) as never);
    expect([seen, failures.map(String), guarded.now() - clock.now(), clock.size]).toEqual([
      ['function', 'next', 'complete'],
      ['Error: wrong'],
      0,
      0,
    ]);
  });
});
