import { describe, expect, it } from 'vitest';
import type { LoadBalancerId } from '../../model/identifiers.ts';
import { epochMs, milliseconds, seconds } from '../../model/time.ts';
import { defaultOptions } from '../../options.ts';
import { type LastReading, type LastReadings, planReadings, type WaitedFor } from './reading-plan.ts';

const at = (second: number) => epochMs(second * 1000);
const readAt = (second: number, took = 0.1): LastReading => ({ begunAt: at(second), took: seconds(took) });
const nothing: WaitedFor = { builds: [], servers: false, loadBalancers: new Map(), pools: undefined };
const unread: LastReadings = { servers: undefined, loadBalancers: new Map(), pools: undefined };
const lb = '7' as LoadBalancerId;

/** When servers are read next, in seconds, after a reading at `last`. */
function next(waited: Partial<WaitedFor>, last: LastReading, now = last.begunAt / 1000): number {
  return planReadings({ ...nothing, ...waited }, { ...unread, servers: last }, at(now), defaultOptions).servers / 1000;
}
const build = (since: number, quickest: number, slowest: number) => ({
  since: at(since),
  usual: { quickest: seconds(quickest), slowest: seconds(slowest) },
});

describe('planReadings', () => {
  it('reads servers at once when they were not read yet, and every 30 s at rest', () => {
    expect(planReadings(nothing, unread, at(5), defaultOptions).servers).toBe(at(5));
    expect(next({}, readAt(100))).toBe(130);
  });

  it('reads them every 10 s while something is waited for and nothing is learned', () => {
    expect(next({ servers: true }, readAt(100))).toBe(110);
    expect(next({ builds: [{ since: at(100), usual: undefined }] }, readAt(100))).toBe(110);
  });

  it('waits for the quickest tenth, looks densely until the slowest, then at the ceiling', () => {
    const builds = [build(100, 25, 65)]; // a look every 4 s
    expect(next({ builds }, readAt(100))).toBe(123);
    expect(next({ builds }, readAt(123))).toBe(127);
    expect(next({ builds }, readAt(163))).toBe(167);
    expect(next({ builds }, readAt(170))).toBe(180);
  });

  it('looks no more densely than the floor, and no less than the ceiling', () => {
    expect(next({ builds: [build(100, 5, 8)] }, readAt(105))).toBe(107);
    expect(next({ builds: [build(100, 10, 1000)] }, readAt(120))).toBe(130);
  });

  it('looks at rest meanwhile, and for whatever comes first', () => {
    expect(next({ builds: [build(100, 90, 100)] }, readAt(100))).toBe(130);
    expect(next({ builds: [build(100, 90, 100), build(100, 15, 16)] }, readAt(100))).toBe(114);
    expect(next({ builds: [build(100, 90, 100)], servers: true }, readAt(100))).toBe(110);
  });

  it('leaves at least five times as long between two readings as one takes', () => {
    expect(next({ builds: [build(100, 5, 8)] }, readAt(105, 3))).toBe(120);
    expect(next({ servers: true }, readAt(100, 1))).toBe(110);
  });

  it('reads a load balancer when it is due, then further and further apart up to the ceiling', () => {
    const waited = { ...nothing, loadBalancers: new Map([[lb, { since: at(100), after: seconds(3) }]]) };
    const looks: number[] = [];
    for (let last: LastReading | undefined, n = 0; n < 9; n += 1) {
      const read = new Map(last === undefined ? [] : [[lb, last]]);
      const due = planReadings(waited, { ...unread, loadBalancers: read }, at(100), defaultOptions).loadBalancers.get(lb) ?? at(0);
      looks.push(due / 1000);
      last = { begunAt: due, took: milliseconds(100) };
    }
    expect(looks.slice(0, 4)).toEqual([103, 106, 109, 113.5]);
    const steps = looks.map((look, n) => look - (looks[n - 1] ?? 100));
    expect(Math.max(...steps)).toBe(10);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  it('counts no look from before a load balancer was waited for', () => {
    const waited = { ...nothing, loadBalancers: new Map([[lb, { since: at(100), after: seconds(3) }]]) };
    const last = { ...unread, loadBalancers: new Map([[lb, readAt(99)]]) };
    expect(planReadings(waited, last, at(100), defaultOptions).loadBalancers.get(lb)).toBe(at(103));
  });

  it('reads pools only while one is waited for', () => {
    expect(planReadings(nothing, unread, at(100), defaultOptions).pools).toBeUndefined();
    const pools = { since: at(100), after: seconds(3) };
    expect(planReadings({ ...nothing, pools }, unread, at(100), defaultOptions).pools).toBe(at(103));
  });
});
