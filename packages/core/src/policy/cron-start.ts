/**
 * Where the search for the next occurrence of a cron expression starts. cron-parser walks through the calendar, which takes it
 * milliseconds for a date that comes once in four years; it finds the time at once when it starts on the right day.
 */
import { dateOf, startOfDay } from '../model/instant.ts';
import { type EpochMs, epochMs, later, seconds } from '../model/time.ts';

/** The values of the five fields: each ascending, or `*`. */
export interface CronValues {
  readonly minute: readonly number[] | '*';
  readonly hour: readonly number[] | '*';
  readonly day: readonly number[] | '*';
  readonly month: readonly number[] | '*';
  readonly weekday: readonly number[] | '*';
}

/** Months that are looked at: 8 years and the one that is going on see 29 February across a century year. */
const mostMonths = 8 * 12 + 1;

/**
 * An instant at or after `after`, such that the first occurrence after it is the first one after `after`. undefined: there is none within
 * 8 years. Weekdays are not looked at: they come every week.
 */
export function cronStart({ minute, hour, day, month, weekday }: CronValues, after: EpochMs): EpochMs | undefined {
  const lastOfDay = seconds(3600 * lastOf(hour, 23) + 60 * lastOf(minute, 59));
  const today = dateOf(after);
  const isOver = after >= later(startOfDay(today), lastOfDay);
  const days = weekday === '*' ? day : '*'; // where both are restricted, either is enough
  for (let ahead = 0; ahead < mostMonths; ahead += 1) {
    const first = dateOf(startOfDay({ year: today.year, month: today.month + ahead, day: 1 }));
    if (month !== '*' && !month.includes(first.month)) continue;
    const least = ahead > 0 ? 1 : today.day + (isOver ? 1 : 0);
    const found = days === '*' ? least : days.find((each) => each >= least);
    const at = found === undefined ? undefined : startOfDay({ ...first, day: found });
    // Day 30 of February is another month's
    if (at !== undefined && dateOf(at).month === first.month) return epochMs(Math.max(after, at - 1));
  }
  return undefined;
}

const lastOf = (values: readonly number[] | '*', last: number): number => (values === '*' ? last : (values.at(-1) ?? last));
