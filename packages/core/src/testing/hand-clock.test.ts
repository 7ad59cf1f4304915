import { describe, expect, it } from 'vitest';
import { seconds } from '../model/time.ts';
import { describeClock } from './clock-contract.ts';
import { HandClock } from './hand-clock.ts';

describeClock('HandClock', () => {
  const clock = new HandClock();
  return { clock, pass: (milliseconds) => clock.pass(milliseconds) };
});

describe('HandClock', () => {
  it('fires in the order of time, then of arming, timers armed meanwhile too', async () => {
    const clock = new HandClock();
    const fired: string[] = [];
    const note = (name: string) => () => void fired.push(`${name} at ${clock.now()}`);
    clock.after(seconds(2)).subscribe(note('late'));
    clock.after(seconds(1)).subscribe(() => clock.after(seconds(1)).subscribe(note('chained')));
    clock.after(seconds(1)).subscribe(note('early'));
    await clock.pass(3000);
    expect(fired).toEqual(['early at 1000', 'late at 2000', 'chained at 2000']);
    expect(clock.armed).toBe(0);
  });
});
