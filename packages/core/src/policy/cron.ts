/**
 * Cron expressions as the documents have them: five fields, UTC. A guard of our own stands before cron-parser, which refuses
 * `0 0 0 0 0` and lists that name a value twice, and takes the empty text, six fields and `@daily` (spec/rest.md, section 9.2).
 */
import { CronExpressionParser } from 'cron-parser';
import { type EpochMs, epochMs, later, seconds } from '../model/time.ts';
import { cronFields, valuesOf } from './cron-fields.ts';
import { type CronValues, cronStart } from './cron-start.ts';

/** The leap year rule makes 29 February miss at most one turn: 8 years see every date that exists. */
const horizon = seconds(8 * 366 * 86_400);

/** What is wrong with a cron expression, as a sentence; undefined when nothing is. */
export function checkCron(text: string): string | undefined {
  const values = readCron(text);
  if ('problem' in values) return values.problem;
  return cronStart(values, epochMs(0)) === undefined ? `cron "${text}" never occurs` : undefined;
}

/** The first occurrence strictly after `after`; undefined when the expression is wrong or has none within 8 years. */
export function nextOccurrence(text: string, after: EpochMs): EpochMs | undefined {
  const values = readCron(text);
  if ('problem' in values) return undefined;
  const start = cronStart(values, after);
  if (start === undefined) return undefined;
  try {
    const options = { currentDate: start, endDate: later(after, horizon), tz: 'UTC' };
    return epochMs(CronExpressionParser.parse(inFull(values), options).next().getTime());
  } catch {
    return undefined; // no occurrence before endDate
  }
}

/** The values that each field names. */
function readCron(text: string): CronValues | { readonly problem: string } {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== cronFields.length || fields[0] === '') {
    return { problem: `cron must have five fields: minute, hour, day of month, month, day of week; "${text}" does not` };
  }
  const read: (readonly number[] | '*')[] = [];
  for (const [index, field] of cronFields.entries()) {
    const given = fields[index] ?? '';
    const values = valuesOf(given, field);
    if (values === undefined) return { problem: `cron field ${index + 1} (${field.name}) cannot be "${given}"` };
    read.push(values);
  }
  const [minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = read;
  return { minute, hour, day, month, weekday };
}

/** The expression as cron-parser understands it: for each field `*`, or the values it names, each once. */
const inFull = ({ minute, hour, day, month, weekday }: CronValues): string =>
  [minute, hour, day, month, weekday].map((values) => (values === '*' ? '*' : values.join(','))).join(' ');
