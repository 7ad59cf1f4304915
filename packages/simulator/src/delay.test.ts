import { firstValueFrom, map, Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Delay } from './delay.ts';
import { type Timer, TimerHeap } from './timer-heap.ts';

const setUp = () => {
  const timers = new TimerHeap();
  let now = 0;
  const delay = new Delay(timers, () => now + 5);
  const fireFirst = (): void => {
    const timer = timers.first as Timer;
    timers.remove(timer);
    now = timer.at;
    timer.fire();
  };
  return { timers, delay, fireFirst };
};

describe('Delay', () => {
  it('tells a function, the whole of an observer, and functions one by one', () => {
    const { delay, fireFirst } = setUp();
    const told: string[] = [];
    delay.subscribe(() => told.push('function'));
    delay.subscribe({ next: () => told.push('next'), complete: () => told.push('complete') });
    delay.subscribe({ complete: () => told.push('only complete') });
    delay.subscribe(
      () => told.push('first'),
      undefined,
      () => told.push('third'),
    );
    for (let n = 0; n < 4; n += 1) fireFirst();
    expect(told).toEqual(['function', 'next', 'complete', 'only complete', 'first', 'third']);
  });

  it('arms a timer at each subscription, from then on', () => {
    const { timers, delay, fireFirst } = setUp();
    delay.subscribe(() => {});
    fireFirst();
    delay.subscribe(() => {});
    expect([timers.size, timers.first?.at]).toEqual([1, 10]);
  });

  it('works under operators', async () => {
    const { delay, fireFirst } = setUp();
    const first = firstValueFrom(delay.pipe(map(() => 'over')));
    fireFirst();
    expect(await first).toBe('over');
  });

  it.each(['function', 'observer'])('leaves no timer behind when a %s unsubscribes, alone or with others', (kind) => {
    const { timers, delay } = setUp();
    const observer = kind === 'function' ? () => {} : { next: () => {} };
    delay.subscribe(observer).unsubscribe();
    const all = new Subscription();
    all.add(delay.subscribe(observer));
    all.unsubscribe();
    expect(timers.size).toBe(0);
  });

  it('is closed once it has told, and throws what that threw', () => {
    const { delay, fireFirst } = setUp();
    const one = delay.subscribe(() => {
      throw new Error('no');
    });
    expect(one.closed).toBe(false);
    expect(fireFirst).toThrow('no');
    expect(one.closed).toBe(true);
  });
});
