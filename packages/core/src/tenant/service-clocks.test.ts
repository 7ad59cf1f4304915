import { describe, expect, it } from 'vitest';
import type { TenantId } from '../model/identifiers.ts';
import { epochMs, milliseconds, seconds } from '../model/time.ts';
import { type Log, noMetrics, silentLog } from '../ports.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { ServiceClocks, ServiceOffset } from './service-clocks.ts';

/** The offset after readings, each in seconds: how far ahead, and when. */
function after(...readings: readonly (readonly [ahead: number, at: number])[]): number | undefined {
  const offset = new ServiceOffset();
  for (const [ahead, at] of readings) offset.read(seconds(ahead), epochMs(at * 1000));
  return offset.value === undefined ? undefined : offset.value / 1000;
}

describe('ServiceOffset', () => {
  it('is not known before anything was read', () => expect(after()).toBeUndefined());

  it('is the lowest of the last five readings', () => {
    expect(after([5, 0], [3, 1], [4, 2])).toBe(3);
    expect(after([1, 0], [5, 1], [4, 2], [6, 3], [7, 4])).toBe(1);
    expect(after([1, 0], [5, 1], [4, 2], [6, 3], [7, 4], [8, 5])).toBe(4);
  });

  it('follows a change of up to 60 s at once', () => {
    expect(after([0, 0], [-60, 1])).toBe(-60);
    expect(after([0, 0], [-61, 1])).toBe(0);
  });

  it('believes a greater change only after two readings that agree, at least 60 s apart', () => {
    expect(after([0, 0], [7200, 10])).toBe(0);
    expect(after([0, 0], [7200, 10], [7201, 69])).toBe(0);
    expect(after([0, 0], [7200, 10], [7201, 70])).toBe(7200);
    expect(after([0, 0], [7200, 10], [9000, 70])).toBe(0);
    expect(after([0, 0], [7200, 10], [7201, 70], [7199, 71])).toBe(7199);
  });

  it('takes a claim for wrong once a reading tells what is believed', () => {
    expect(after([0, 0], [7200, 10], [0, 20], [7200, 90])).toBe(0);
  });

  it('takes nothing for older than either clock says, until a first time is believed', () => {
    expect([after([7200, 0]), after([-7200, 0])]).toEqual([0, -7200]);
    expect([after([7200, 0], [7200, 60]), after([-7200, 0], [1, 10])]).toEqual([7200, 1]);
  });
});

describe('ServiceClocks', () => {
  const setUp = () => {
    const warned: string[] = [];
    const skews: number[] = [];
    const log: Log = { ...silentLog, warn: (_, message) => void warned.push(message) };
    const clock = new HandClock();
    const metrics = { ...noMetrics, clockSkew: (skew: number) => void skews.push(skew) };
    return { clock, warned, skews, clocks: new ServiceClocks('tenant' as TenantId, clock, log, metrics) };
  };
  const told = (instant: number) => epochMs(instant);

  it("tells the servers' time: ours, and by how much their service is ahead of it", async () => {
    const { clock, clocks } = setUp();
    await clock.pass(1000);
    expect(clocks.serversNow()).toBe(1000);
    clocks.answered('servers', epochMs(1000), undefined);
    expect(clocks.serversNow()).toBe(1000);
    clocks.answered('servers', epochMs(1000), told(11_000));
    await clock.pass(500);
    expect(clocks.serversNow()).toBe(11_500);
  });

  it('takes for no offset what may have passed between question and answer', async () => {
    const { clock, clocks } = setUp();
    await clock.pass(30_000);
    for (const [cloudNow, now] of [
      [10_000, 30_000],
      [5000, 25_000],
    ] as const) {
      clocks.answered('servers', epochMs(10_000), told(cloudNow));
      expect(clocks.serversNow()).toBe(now);
    }
  });

  it('has load balancers tell their own time, and else that of the servers', () => {
    const { clocks } = setUp();
    clocks.answered('servers', epochMs(0), told(10_000));
    expect(clocks.loadBalancersAhead()).toBe(0);
    clocks.answered('load-balancers', epochMs(0), told(-20_000));
    expect(clocks.loadBalancersAhead()).toBe(milliseconds(-30_000));
    const { clocks: others } = setUp();
    others.answered('load-balancers', epochMs(0), told(4000));
    expect([others.serversNow(), others.loadBalancersAhead()]).toEqual([0, 4000]);
  });

  it('warns of each service that is more than 5 s off, and measures that of the servers', () => {
    const { clocks, warned, skews } = setUp();
    clocks.answered('servers', epochMs(0), told(5000));
    clocks.answered('servers', epochMs(0), told(6000));
    clocks.answered('servers', epochMs(0), told(6000));
    clocks.answered('load-balancers', epochMs(0), told(-7000));
    expect(skews).toEqual([5000, 6000, 6000]);
    expect(warned).toEqual([
      "the cloud's clock is 6 s ahead of ours; keep both with NTP",
      "the clock of the cloud's load balancers is 7 s behind ours; keep both with NTP",
    ]);
  });
});
