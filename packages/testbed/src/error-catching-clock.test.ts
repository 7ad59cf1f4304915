import { seconds } from '@lutra/core';
import { VirtualClock } from '@lutra/simulator';
import { describe, expect, it } from 'vitest';
import { errorCatchingClock } from './error-catching-clock.ts';

describe('errorCatchingClock', () => {
  it('tells what a timer throws, and goes on', async () => {
    const clock = new VirtualClock();
    const failures: unknown[] = [];
    const catching = errorCatchingClock(clock, (error) => failures.push(error));
    const seen: string[] = [];
    catching.after(seconds(1)).subscribe(() => {
      throw new Error('wrong');
    });
    catching.after(seconds(1)).subscribe(() => seen.push('function'));
    catching.after(seconds(1)).subscribe({ next: () => seen.push('next'), complete: () => seen.push('complete') });
    catching
      .after(seconds(1))
      .subscribe(() => seen.push('cancelled'))
      .unsubscribe();
    await clock.runUntil((clock.now() + seconds(2)) as never);
    expect([seen, failures.map(String), catching.now() - clock.now(), clock.size]).toEqual([
      ['function', 'next', 'complete'],
      ['Error: wrong'],
      0,
      0,
    ]);
  });
});
