import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { milliseconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';

/** A clock under test. */
export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets so many milliseconds pass. */
  pass(milliseconds: number): Promise<void>;
}

/** What every clock promises; each implementation runs all of it. Takes some tens of milliseconds on a real one. */
export function describeClock(name: string, make: () => ClockUnderTest): void {
  describe(`${name} as a Clock`, () => {
    it('goes on as time passes, and not back', async () => {
      const { clock, pass } = make();
      const before = clock.now();
      await pass(20);
      expect(clock.now() - before).toBeGreaterThanOrEqual(19); // timers of the system may be a millisecond early
    });

    it('fires once, not before the delay is over, and completes', async () => {
      const { clock, pass } = make();
      const begun = clock.now();
      const seen: string[] = [];
      clock.after(milliseconds(15)).subscribe({
        next: () => seen.push(clock.now() - begun >= 14 ? 'fired' : 'too early'),
        complete: () => seen.push('complete'),
      });
      expect(seen).toEqual([]);
      await pass(60);
      expect(seen).toEqual(['fired', 'complete']);
    });

    it('fires soon for a delay that is none, but not at once', async () => {
      const { clock, pass } = make();
      let fired = false;
      clock.after(milliseconds(-5)).subscribe(() => {
        fired = true;
      });
      expect(fired).toBe(false);
      await pass(20);
      expect(fired).toBe(true);
    });

    it('does not fire what was unsubscribed from', async () => {
      const { clock, pass } = make();
      let fired = false;
      const waiting = clock.after(milliseconds(5)).subscribe(() => {
        fired = true;
      });
      waiting.unsubscribe();
      await pass(30);
      expect(fired).toBe(false);
    });

    it('waits anew for each subscriber', async () => {
      const { clock, pass } = make();
      const wait = clock.after(milliseconds(1));
      const both = Promise.all([firstValueFrom(wait), firstValueFrom(wait)]);
      await pass(30);
      await expect(both).resolves.toHaveLength(2);
    });

    it('takes delays longer than the timers of the system', async () => {
      const { clock, pass } = make();
      let fired = false;
      const waiting = clock.after(milliseconds(2 ** 31 + 1000)).subscribe(() => {
        fired = true;
      });
      await pass(30);
      expect(fired).toBe(false);
      waiting.unsubscribe();
    });
  });
}
