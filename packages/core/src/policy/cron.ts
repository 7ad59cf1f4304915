/**
 * Cron expressions as the documents have them: five fields, UTC. A guard of our own stands before cron-parser, which refuses
 * `0 0 0 0 0` and takes the empty text, six fields and `@daily` (spec/rest.md, section 9.2).
 */
import { CronExpressionParser } from 'cron-parser';
import { type EpochMs, epochMs, later, seconds } from '../model/time.ts';

const fieldNames = ['minute', 'hour', 'day of month', 'month', 'day of week'] as const;
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** The leap year rule makes 29 February miss at most one turn: 8 years see every date that exists. */
const horizon = seconds(8 * 366 * 86_400);

/** What is wrong with a cron expression, as a sentence; undefined when nothing is. */
export function checkCron(text: string): string | undefined {
  const normal = normalise(text);
  if (typeof normal === 'object') return normal.problem;
  return nextOccurrence(text, epochMs(0)) === undefined ? `cron "${text}" never occurs` : undefined;
}

/** The first occurrence strictly after `after`; undefined when the expression is wrong or has none within 8 years. */
export function nextOccurrence(text: string, after: EpochMs): EpochMs | undefined {
  const normal = normalise(text);
  if (typeof normal === 'object') return undefined;
  try {
    const options = { currentDate: after, endDate: later(after, horizon), tz: 'UTC' };
    return epochMs(CronExpressionParser.parse(normal, options).next().getTime());
  } catch {
    return undefined; // out of range, or no occurrence before endDate: checkCron says it in words
  }
}

/** The expression as cron-parser understands it: numbers only, no zero days or months, Sunday as 0. */
function normalise(text: string): string | { readonly problem: string } {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== fieldNames.length || fields[0] === '') {
    return { problem: `cron must have five fields: minute, hour, day of month, month, day of week; "${text}" does not` };
  }
  const normal: string[] = [];
  for (const [index, field] of fields.entries()) {
    const parts = field
      .toLowerCase()
      .split(',')
      .map((part) => normalisePart(part, index));
    if (parts.some((part) => part === undefined)) {
      return { problem: `cron field ${index + 1} (${fieldNames[index]}) cannot be "${field}"` };
    }
    normal.push(parts.join(','));
  }
  const expression = normal.join(' ');
  try {
    CronExpressionParser.parse(expression, { currentDate: 0, tz: 'UTC' });
  } catch {
    return { problem: `cron "${text}" names a time or a day that does not exist` };
  }
  return expression;
}

const partForm = /^(?:\*|([0-9]+|[a-z]{3})(?:-([0-9]+|[a-z]{3}))?)(?:\/([0-9]+))?$/;

/** One of the comma-separated parts of a field; undefined when it has no meaning there. */
function normalisePart(part: string, field: number): string | undefined {
  const match = partForm.exec(part);
  if (match === null) return undefined;
  const step = match[3] === undefined ? '' : `/${Number(match[3])}`;
  if (step === '/0') return undefined;
  if (match[1] === undefined) return `*${step}`;
  const first = numberOf(match[1], field);
  const last = match[2] === undefined ? undefined : numberOf(match[2], field);
  if (first === undefined || (match[2] !== undefined && last === undefined)) return undefined;
  if (field === 4)
    return normaliseWeekdays(first, match[2] === 'sun' && first !== 0 ? 7 : last, match[3] === undefined ? 1 : Number(match[3]), step);
  return last === undefined ? `${first}${step}` : `${first}-${last}${step}`;
}

/** A number or name of a field; day of month and month 0 mean 1. */
function numberOf(text: string, field: number): number | undefined {
  if (/^[0-9]+$/.test(text)) return field === 2 || field === 3 ? Math.max(1, Number(text)) : Number(text);
  const names = field === 3 ? monthNames : field === 4 ? dayNames : [];
  const index = names.indexOf(text);
  if (index < 0) return undefined;
  return field === 3 ? index + 1 : index;
}

/** Weekday 7 is Sunday, also as the end of a range: `5-7` is `5,6,0`; so is `sun` there. */
function normaliseWeekdays(first: number, last: number | undefined, every: number, step: string): string | undefined {
  if (last === undefined && step === '') return first > 7 ? undefined : `${first % 7}`;
  if (last === undefined) return normaliseWeekdays(first, 6, every, step);
  if (first > last || last > 7) return undefined;
  const days: number[] = [];
  for (let day = first; day <= last; day += every) days.push(day % 7);
  return [...new Set(days)].join(',');
}
