/**
 * Instants as text. The one file of the core that names `Date`, and only its pure functions: it never reads the clock.
 */
import { type EpochMs, epochMs } from './time.ts';

const form = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?Z$/;

/**
 * An ISO 8601 instant with seconds, in UTC (`2013-12-05T03:12:00Z`, fractions of a second allowed); undefined for anything else,
 * dates that no calendar has included. Digits beyond milliseconds are cut.
 */
export function parseInstant(text: string): EpochMs | undefined {
  const match = form.exec(text);
  if (match === null || text.startsWith('0000')) return undefined;
  const fraction = (match[2] ?? '').slice(0, 3).padEnd(3, '0');
  const parsed = Date.parse(`${match[1]}.${fraction}Z`);
  if (Number.isNaN(parsed)) return undefined;
  // Date.parse rolls 31 April over to 1 May: what is written back must be what was read
  return new Date(parsed).toISOString() === `${match[1]}.${fraction}Z` ? epochMs(parsed) : undefined;
}

/** The instant as HTTP writes it (RFC 9110, section 5.6.7): `Thu, 05 Dec 2013 03:12:00 GMT`. */
export const formatHttpDate = (instant: EpochMs): string => new Date(instant).toUTCString();

/** The instant as ISO 8601 text in UTC with milliseconds. */
export const formatInstant = (instant: EpochMs): string => new Date(instant).toISOString();

/** A day of the calendar, in UTC. Months and days count from 1. */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}
/** The day on which an instant is; NaN in every part for an instant that no calendar has. */
export function dateOf(instant: EpochMs): CalendarDate {
  const date = new Date(instant);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
/** Its first instant. A month after 12, or a day after the last of its month, rolls over. */
export const startOfDay = ({ year, month, day }: CalendarDate): EpochMs => epochMs(Date.UTC(year, month - 1, day));
