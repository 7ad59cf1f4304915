import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs } from '../model/time.ts';
import { checkCron, nextOccurrence } from './cron.ts';

/**
 * An oracle that shares nothing with what it checks: it asks of every day, hour and minute in turn whether each field lets it pass, and
 * counts its own calendar.
 */
type Bounds = { readonly least: number; readonly most: number; readonly names: string };
const months = 'jan feb mar apr may jun jul aug sep oct nov dec';
const days = 'sun mon tue wed thu fri sat';
const bounds: readonly Bounds[] = [
  { least: 0, most: 59, names: '' },
  { least: 0, most: 23, names: '' },
  { least: 1, most: 31, names: '' },
  { least: 1, most: 12, names: months },
  { least: 0, most: 6, names: days },
];

const isWeekday = ({ names }: Bounds): boolean => names === days;
function meantBy(word: string, field: Bounds): number | undefined {
  if (/^\d+$/.test(word)) return Math.max(Number(word), field.least);
  const at = word === '' ? -1 : field.names.split(' ').indexOf(word);
  return at < 0 ? undefined : at + field.least;
}

/** Whether a part lets `value` pass; undefined when the part is wrong. */
function passes(part: string, field: Bounds, value: number): boolean | undefined {
  const [range = '', step, ...more] = part.split('/');
  if (more.length > 0 || (step !== undefined && !/^\d+$/.test(step))) return undefined;
  const every = step === undefined ? 1 : Number(step);
  if (every < 1) return undefined;
  const ends = range.split('-');
  if (ends.length > 2) return undefined;
  let [low, high] = [field.least, field.most];
  if (range !== '*') {
    const from = meantBy(ends[0] ?? '', field);
    let to = ends.length === 2 ? meantBy(ends[1] ?? '', field) : step === undefined ? from : field.most;
    if (isWeekday(field) && ends[1] === 'sun' && from !== 0) to = 7;
    if (from === undefined || to === undefined || from > to || to > field.most + (isWeekday(field) ? 1 : 0)) return undefined;
    [low, high] = [from, to];
  }
  const candidates = isWeekday(field) && value === 0 ? [0, 7] : [value];
  return candidates.some((each) => each >= low && each <= high && (each - low) % every === 0);
}

interface Oracle {
  readonly lets: (field: number, value: number) => boolean;
  readonly free: (field: number) => boolean;
}
function oracleOf(text: string): Oracle | undefined {
  const fields = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (fields.length !== 5) return undefined;
  const parts = fields.map((field) => field.split(','));
  const wrong = parts.some((of, index) => of.some((part) => passes(part, bounds[index] as Bounds, 0) === undefined));
  if (wrong) return undefined;
  return {
    lets: (field, value) => (parts[field] ?? []).some((part) => passes(part, bounds[field] as Bounds, value) === true),
    free: (field) => parts[field]?.includes('*') === true,
  };
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const lengthOf = (year: number, month: number): number =>
  (month === 2 && isLeap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]) ?? 0;
const dayLong = 86_400_000;

/** The first minute after `after` that every field lets pass, within about eight years. */
function firstAfter({ lets, free }: Oracle, after: number): number | undefined {
  let [year, month, day, at] = [1970, 1, 1, 0];
  const end = after + 8 * 366 * dayLong;
  for (; at <= end; at += dayLong) {
    if (at + dayLong > after && lets(3, month) && isDay(lets, free, day, (at / dayLong + 4) % 7)) {
      for (let minute = 0; minute < 1440; minute += 1) {
        const instant = at + minute * 60_000;
        if (instant > after && instant <= end && lets(1, Math.floor(minute / 60)) && lets(0, minute % 60)) return instant;
      }
    }
    day += 1;
    if (day > lengthOf(year, month)) [month, day] = [month + 1, 1];
    if (month > 12) [year, month] = [year + 1, 1];
  }
  return undefined;
}
function isDay(lets: Oracle['lets'], free: Oracle['free'], day: number, weekday: number): boolean {
  if (free(2) || free(4)) return lets(2, day) && lets(4, weekday);
  return lets(2, day) || lets(4, weekday);
}

const aWord = (field: Bounds): fc.Arbitrary<string> => {
  const number = fc.integer({ min: 0, max: field.most + (isWeekday(field) ? 1 : 0) }).map(String);
  const padded = number.map((text) => text.padStart(2, '0'));
  const names = field.names === '' ? [] : [fc.constantFrom(...field.names.split(' '), ...field.names.toUpperCase().split(' '))];
  return fc.oneof({ weight: 6, arbitrary: number }, padded, ...names.map((arbitrary) => ({ weight: 4, arbitrary })));
};
const aWrongWord = fc.constantFrom(
  '',
  '60',
  '24',
  '32',
  '13',
  '8',
  '-1',
  '$',
  'abc',
  'jan',
  'MON',
  '1-',
  '-',
  '1-2-3',
  '1/',
  '/2',
  '1/0',
  '*/0',
  '**',
  '5L',
  '1#2',
  '?',
);
const aPart = (field: Bounds): fc.Arbitrary<string> => {
  const word = aWord(field);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    fc.integer({ min: 1, max: field.most + 3 }).map((every) => `/${every}`),
  );
  const range = fc.tuple(word, word).map(([from, to]) => {
    const [low, high] = [meantBy(from.toLowerCase(), field) ?? 0, meantBy(to.toLowerCase(), field) ?? 0];
    return low <= high ? `${from}-${to}` : `${to}-${from}`;
  });
  const wrapped = fc.tuple(word, word).map(([from, to]) => `${from}-${to}`);
  return fc.oneof(
    { weight: 8, arbitrary: word },
    { weight: 5, arbitrary: fc.tuple(range, step).map((pair) => pair.join('')) },
    { weight: 2, arbitrary: fc.tuple(word, step).map((pair) => pair.join('')) },
    { weight: 2, arbitrary: step.map((every) => `*${every}`) },
    { weight: 1, arbitrary: wrapped },
  );
};
/** Lists that repeat themselves. */
const aField = (field: Bounds, mistakes: boolean): fc.Arbitrary<string> => {
  const list = fc
    .array(aPart(field), { minLength: 1, maxLength: 4 })
    .chain((parts) => fc.array(fc.constantFrom(...parts), { maxLength: 2 }).map((again) => [...parts, ...again].join(',')));
  const good = fc.oneof({ weight: 2, arbitrary: fc.constant('*') }, { weight: 3, arbitrary: list });
  return mistakes
    ? fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: fc.tuple(list, aWrongWord).map((pair) => pair.join(',')) })
    : good;
};
const anExpression = (mistakes: boolean): fc.Arbitrary<string> =>
  fc.tuple(...bounds.map((field) => aField(field, mistakes))).map((fields) => fields.join(' '));
/** 1970 to 2096. */
const anInstant = fc.integer({ min: 0, max: 3_976_000_000_000 });

describe('the guard before cron-parser', () => {
  it('accepts exactly what the oracle accepts, if it occurs at all', () => {
    fc.assert(
      fc.property(anExpression(true), (text) => {
        const oracle = oracleOf(text);
        const occurs = oracle !== undefined && firstAfter(oracle, 0) !== undefined;
        expect([text, checkCron(text) === undefined]).toEqual([text, occurs]);
      }),
      { numRuns: 500 },
    );
  });

  it('gives the occurrences of dates that many months do not have', () => {
    const late = fc.uniqueArray(fc.integer({ min: 28, max: 31 }), { minLength: 1 }).map((values) => values.join(','));
    const time = fc.constantFrom('0 0', '59 23', '*/20 12', '* *');
    const month = fc.oneof(fc.constant('2'), aField(bounds[3] as Bounds, false));
    const atLeapDay = fc.integer({ min: 68_169_600_000 - dayLong, max: 68_169_600_000 + dayLong });
    fc.assert(
      fc.property(time, late, month, fc.constantFrom('*', '1'), fc.oneof(anInstant, atLeapDay), (clock, day, months, weekday, after) => {
        const text = `${clock} ${day} ${months} ${weekday}`;
        const oracle = oracleOf(text);
        fc.pre(oracle !== undefined);
        expect([text, nextOccurrence(text, epochMs(after))]).toEqual([text, firstAfter(oracle, after)]);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the occurrences that the oracle finds minute by minute', () => {
    fc.assert(
      fc.property(anExpression(false), anInstant, (text, after) => {
        const oracle = oracleOf(text);
        fc.pre(oracle !== undefined);
        const first = firstAfter(oracle, after);
        expect([text, nextOccurrence(text, epochMs(after))]).toEqual([text, first]);
        if (first !== undefined) expect([text, nextOccurrence(text, epochMs(first))]).toEqual([text, firstAfter(oracle, first)]);
      }),
      { numRuns: 300 },
    );
  });
});
