import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, parseInstant } from '../model/instant.ts';
import { epochMs } from '../model/time.ts';
import { type CronValues, cronStart } from './cron-start.ts';

const always: CronValues = { minute: '*', hour: '*', day: '*', month: '*', weekday: '*' };
const start = (values: Partial<CronValues>, after: string): string | undefined => {
  const from = cronStart({ ...always, ...values }, parseInstant(after) ?? epochMs(Number.NaN));
  return from === undefined ? undefined : formatInstant(from);
};

describe('cronStart', () => {
  const leapDay = { minute: [5], hour: [0], day: [29], month: [2] };
  it('is just before the next date that fits, years away', () => {
    expect(start(leapDay, '2026-11-30T12:00:00Z')).toBe('2028-02-28T23:59:59.999Z');
    expect(start(leapDay, '2096-03-01T00:00:00Z')).toBe('2104-02-28T23:59:59.999Z');
  });
  it('stays on the day that fits until the last time of that day', () => {
    expect(start(leapDay, '2028-02-29T00:04:59Z')).toBe('2028-02-29T00:04:59.000Z');
    expect(start(leapDay, '2028-02-29T00:05:00Z')).toBe('2032-02-28T23:59:59.999Z');
  });
  it('passes over months that are too short for the day', () => {
    expect(start({ day: [31] }, '2026-04-01T00:00:00Z')).toBe('2026-05-30T23:59:59.999Z');
  });
  it('goes on from the last day of a month to the next that fits', () => {
    expect(start({ month: [1], hour: [0] }, '2026-01-31T23:30:00Z')).toBe('2026-12-31T23:59:59.999Z');
  });
  it('looks at no day where a weekday is enough', () => {
    expect(start({ ...leapDay, weekday: [1] }, '2026-11-30T12:00:00Z')).toBe('2027-01-31T23:59:59.999Z');
  });
  it('is none for a date that no year has, or an instant that no calendar has', () => {
    expect(start({ day: [30, 31], month: [2] }, '2026-01-01T00:00:00Z')).toBeUndefined();
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, 9e15]) expect(cronStart(always, epochMs(wrong))).toBeUndefined();
  });
  it('is never earlier than the instant given', () => {
    const days = fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 1 }).map((each) => each.sort((a, b) => a - b));
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 4_000_000_000_000 }), (day, after) => {
        expect(cronStart({ ...always, day }, epochMs(after))).toBeGreaterThanOrEqual(after);
      }),
    );
  });
});
