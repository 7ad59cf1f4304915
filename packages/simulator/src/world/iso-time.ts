import { type EpochMs, epochMs } from '@lutra/core';

const msPerDay = 86_400_000;
const two = (value: number): string => value.toString().padStart(2, '0');

/**
 * An instant as Nova and CLB write it: `2026-01-01T00:00:00Z`, whole seconds (rounded down).
 * By arithmetic on the Gregorian calendar, counted in years that begin in March: no clock, no time zone.
 */
export function isoOf(instant: EpochMs): string {
  const day = Math.floor(instant / msPerDay);
  const second = Math.floor((instant - day * msPerDay) / 1000);
  const sinceEra = day + 719_468; // days since 0000-03-01
  const era = Math.floor(sinceEra / 146_097); // of 400 years
  const dayOfEra = sinceEra - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const date = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const onDay = [year.toString().padStart(4, '0'), two(month), two(date)].join('-');
  const time = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map(two).join(':');
  return `${onDay}T${time}Z`;
}

/** An instant as it is once it was written so. */
export const wholeSeconds = (instant: EpochMs): EpochMs => epochMs(Math.floor(instant / 1000) * 1000);

const weekdays = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** An instant as HTTP writes it: `Thu, 01 Jan 2026 00:00:00 GMT` (RFC 9110, section 5.6.7). */
export function httpDateOf(instant: EpochMs): string {
  const iso = isoOf(instant);
  const weekday = weekdays[Math.floor(instant / msPerDay) % 7];
  return `${weekday}, ${iso.slice(8, 10)} ${months[Number(iso.slice(5, 7)) - 1]} ${iso.slice(0, 4)} ${iso.slice(11, 19)} GMT`;
}

const isoPattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?Z$/;

/** The instant that `isoOf` wrote; undefined for anything else than a UTC timestamp of that form. */
export function instantOf(text: string): EpochMs | undefined {
  const parts = isoPattern.exec(text)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = parts;
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + date - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const day = era * 146_097 + dayOfEra - 719_468;
  return epochMs(day * msPerDay + ((hour * 60 + minute) * 60 + second) * 1000);
}
