import { type DurationMs, epochMs, later, milliseconds, seconds } from '@lutra/core';
import { describeClock } from '@lutra/core/testing/contracts';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { VirtualClock, virtualStart } from './virtual-clock.ts';

describeClock('VirtualClock', () => {
  const clock = new VirtualClock();
  return { clock, pass: (ms) => clock.runUntil(later(clock.now(), milliseconds(ms))) };
});

const after = (clock: VirtualClock, ms: number): Promise<void> => firstValueFrom(clock.after(milliseconds(ms)));
const inMs = (ms: number) => later(virtualStart, milliseconds(ms));

describe('VirtualClock', () => {
  it('starts at the beginning of 2026 unless told otherwise', () => {
    expect(new Date(new VirtualClock().now()).toISOString()).toBe('2026-01-01T00:00:00.000Z');
    expect(new VirtualClock(epochMs(5)).now()).toBe(5);
  });

  it('fires timers at their instants, ties in the order of arming', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    for (const [name, ms] of [
      ['late', 30],
      ['first', 10],
      ['second', 10],
      ['past', -5],
    ] as const) {
      clock.after(milliseconds(ms)).subscribe(() => fired.push(`${name}@${clock.now() - virtualStart}`));
    }
    await clock.runUntil(inMs(30));
    expect(fired).toEqual(['past@0', 'first@10', 'second@10', 'late@30']);
  });

  it('stops at the instant asked for, though no timer is there', async () => {
    const clock = new VirtualClock();
    let fired = false;
    clock.after(milliseconds(11)).subscribe(() => {
      fired = true;
    });
    await clock.runUntil(inMs(10));
    expect([fired, clock.now(), clock.size]).toEqual([false, inMs(10), 1]);
  });

  it('lets every promise settle before the next timer fires', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.after(milliseconds(1)).subscribe(async () => {
      for (let depth = 0; depth < 50; depth += 1) await Promise.resolve();
      seen.push('promises of the first');
    });
    clock.after(milliseconds(1)).subscribe(() => seen.push('second'));
    await clock.runUntil(inMs(1));
    expect(seen).toEqual(['promises of the first', 'second']);
  });

  it('keeps the instants of waits that are armed by earlier ones', async () => {
    const clock = new VirtualClock();
    const instants: number[] = [];
    const chain = async (): Promise<void> => {
      for (let link = 0; link < 3; link += 1) {
        await after(clock, 1000);
        instants.push(clock.now() - virtualStart);
      }
    };
    void chain();
    await clock.runUntil(inMs(10_000));
    expect(instants).toEqual([1000, 2000, 3000]);
  });

  it('forgets a timer at once when its subscriber leaves', () => {
    const clock = new VirtualClock();
    const subscriptions = Array.from({ length: 1000 }, () => clock.after(seconds(60)).subscribe());
    expect(clock.size).toBe(1000);
    for (const subscription of subscriptions) subscription.unsubscribe();
    expect(clock.size).toBe(0);
  });

  it('arms a timer for each subscription, and none before', async () => {
    const clock = new VirtualClock();
    const wait = clock.after(milliseconds(5));
    expect(clock.size).toBe(0);
    let fired = 0;
    wait.subscribe(() => (fired += 1));
    await clock.runUntil(inMs(3));
    wait.subscribe(() => (fired += 1));
    await clock.runUntil(inMs(5));
    expect(fired).toBe(1);
    await clock.runUntil(inMs(8));
    expect(fired).toBe(2);
  });

  it('takes a hundred thousand timers', async () => {
    const clock = new VirtualClock();
    let fired = 0;
    let last = 0;
    let ordered = true;
    for (let n = 0; n < 100_000; n += 1) {
      clock.after(milliseconds((n * 7919) % 100_000)).subscribe(() => {
        fired += 1;
        ordered &&= clock.now() >= last;
        last = clock.now();
      });
    }
    await clock.runUntil(inMs(100_000));
    expect([fired, ordered]).toEqual([100_000, true]);
  });

  it('refuses to be run twice at once', async () => {
    const clock = new VirtualClock();
    const first = clock.runUntil(inMs(1));
    await expect(clock.runUntil(inMs(2))).rejects.toThrow('being run already');
    await first;
  });

  it('hands on what a timer throws, and can go on', async () => {
    const clock = new VirtualClock();
    const failing = after(clock, 1).then(() => Promise.reject(new Error('broken')));
    await expect(clock.runUntilSettled(failing)).rejects.toThrow('broken');
    await clock.runUntil(inMs(2));
    expect(clock.now()).toBe(inMs(2));
  });

  describe('runUntilSettled', () => {
    it('answers what is awaited, at the instant when it settled', async () => {
      const clock = new VirtualClock();
      after(clock, 100).catch(() => {});
      await expect(clock.runUntilSettled(after(clock, 40).then(() => 'done'))).resolves.toBe('done');
      expect(clock.now()).toBe(inMs(40));
    });

    it('gives up after its limit of virtual time', async () => {
      const clock = new VirtualClock();
      const wait = clock.runUntilSettled(after(clock, 5000), milliseconds(100) as DurationMs);
      await expect(wait).rejects.toThrow('did not settle within 100 ms');
    });
  });

  describe('pending', () => {
    it('fails the run by name when no timer is left and a call is in flight', async () => {
      const clock = new VirtualClock();
      clock.pending('server.list of tenant 1');
      clock.pending('node.add of tenant 2');
      clock.pending('node.add of tenant 2');
      const hang = 'these calls can never settle: server.list of tenant 1, node.add of tenant 2 (2 times)';
      await expect(clock.runUntil(inMs(10))).rejects.toThrow(hang);
      await expect(clock.runUntilSettled(new Promise(() => {}))).rejects.toThrow(hang);
    });

    it('lets a run go on while a timer is left, and once the call settled', async () => {
      const clock = new VirtualClock();
      const settled = clock.pending('call');
      clock.after(milliseconds(20)).subscribe(settled);
      await clock.runUntil(inMs(10));
      expect(clock.callsInFlight).toEqual(['call']);
      await clock.runUntil(inMs(30));
      settled(); // twice is as good as once
      expect(clock.callsInFlight).toEqual([]);
    });
  });
});
