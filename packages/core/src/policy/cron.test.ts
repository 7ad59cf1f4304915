import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, parseInstant } from '../model/instant.ts';
import { epochMs } from '../model/time.ts';
import { checkCron, nextOccurrence } from './cron.ts';

const after = (cron: string, instant: string): string | undefined => {
  const from = parseInstant(instant);
  if (from === undefined) throw new Error(`not an instant: ${instant}`);
  const next = nextOccurrence(cron, from);
  return next === undefined ? undefined : formatInstant(next).replace('.000Z', 'Z');
};

// spec/rest.md, section 9.2
const accepted = [
  '* * * * *',
  '0-59 0-23 1-31 1-12 0-6',
  '00 9,16 * * *',
  '00 02-11 * * *',
  '00 09-18 * * 1-5',
  '0 */2 * * *',
  '0 */6 * * *',
  '0 */10 * * *',
  '0 0 * * 1',
  '1 0 * * *',
  '23 * * * *',
  '0 0 0 0 0',
  '* * 0 * *',
  '* * 0-0 * *',
  '* * * 0-0 *',
  '* * * * 7',
  '* * * * 0-0',
  '0 0 * jan mon',
  '0 0 * JAN-mar SUN',
  '0 0 * * mon-sun',
  '  0   0 * * 5-7 ',
  // a value may be named twice
  '0 9 * * 0,7',
  '0,0 9 * * *',
  '0 0 * * 1,1',
  '0 0 * * mon,MON,1-5',
  '0 0 0,1 0,1,jan *',
  '0 0 * * 6-7,sun',
  '*/5,0-59/5,*/10 *,* * * *',
  '0 0 * * */7',
];
const inField = (field: number, text: string): string => ['*', '*', '*', '*', '*'].with(field, text).join(' ');
const refused = [
  ...['', '  ', 'junk', '*', '12345', '*12345', 'dfsdfdf', '* * * *', '* 0 * *', '-90 * * *', '* * * * * *', '0 * * 0 * *'],
  ...['* * * * * * * *', '- - - - -', '@yearly', '@daily', '@hourly', '@reboot', '@weekly', '@monthly', '2013-12-05T03:12:00Z'],
  ...['60', '-090', '2-', '6-0', '-9', '$'].map((text) => inField(0, text)),
  ...['24', '-089', '2-', '6-0', '-9', '$'].map((text) => inField(1, text)),
  ...['-32', '2-', '6-0', '-9', '$', '32', '?', 'L'].map((text) => inField(2, text)),
  ...['-30', '13', '2-', '6-0', '-9', '$', 'mon'].map((text) => inField(3, text)),
  ...['2-', '6-0', '-9', '$', '8', 'jan', '1#2', '5L'].map((text) => inField(4, text)),
  '0 0 31 2 *',
  '*/0 * * * *',
];

describe('checkCron', () => {
  it.each(accepted)('accepts %j', (cron) => expect(checkCron(cron)).toBeUndefined());
  it.each(refused)('refuses %j with a sentence', (cron) => expect(checkCron(cron)).toMatch(/cron/));
  it('says which field is wrong', () => expect(checkCron('* * * $ *')).toBe('cron field 4 (month) cannot be "$"'));
  it('names the field of a value out of range', () => expect(checkCron('* 24,24 * * *')).toBe('cron field 2 (hour) cannot be "24,24"'));
  it('says what is missing of five fields', () => expect(checkCron('* *')).toContain('five fields'));
  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'0123456789*,-/ @LW#?$janmon') }), (text) => void checkCron(text)));
  });
});

describe('nextOccurrence', () => {
  it('gives the next minute, strictly after', () => {
    expect(after('* * * * *', '2026-01-01T00:00:00Z')).toBe('2026-01-01T00:01:00Z');
    expect(after('* * * * *', '2026-01-01T00:00:59Z')).toBe('2026-01-01T00:01:00Z');
  });
  it('takes day of month 0 and month 0 as 1', () => expect(after('0 0 0 0 *', '2026-01-02T00:00:00Z')).toBe('2027-01-01T00:00:00Z'));
  it('takes weekday 7 as Sunday, in a range too', () => {
    expect(after('0 0 * * 7', '2026-01-01T00:00:00Z')).toBe('2026-01-04T00:00:00Z');
    expect(after('0 0 * * 5-7', '2026-01-03T12:00:00Z')).toBe('2026-01-04T00:00:00Z');
  });
  it('fires when either day field matches, where both are restricted', () => {
    expect(after('0 0 13 * 1', '2026-01-01T00:00:00Z')).toBe('2026-01-05T00:00:00Z');
    expect(after('0 0 13 * 1', '2026-01-12T00:00:00Z')).toBe('2026-01-13T00:00:00Z');
  });
  it('takes a day field with a plain * in its list as not restricted', () => {
    expect(after('0 0 13,* * 1', '2026-01-01T00:00:00Z')).toBe('2026-01-05T00:00:00Z');
  });
  it('finds 29 February across a century year', () => expect(after('0 0 29 2 *', '2096-03-01T00:00:00Z')).toBe('2104-02-29T00:00:00Z'));
  it('is always later than the instant given', () => {
    fc.assert(
      fc.property(fc.constantFrom(...accepted), fc.integer({ min: 0, max: 4_000_000_000_000 }), (cron, instant) => {
        expect(nextOccurrence(cron, epochMs(instant)) ?? 0).toBeGreaterThan(instant);
      }),
    );
  });
});
