import { type DurationMs, type JsonValue, milliseconds, seconds } from '@lutra/core';
import { z } from 'zod';
import { numberOf } from './world/json-values.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest span that anybody may ask for: far beyond any run, and far from where dates end. */
export const longestSpan: DurationMs = milliseconds(100 * 365 * 86_400_000);

const within = (span: number): DurationMs | undefined =>
  Number.isFinite(span) && span >= 0 && span <= longestSpan ? milliseconds(Math.round(span)) : undefined;

/** `90s`, `10m`, `6h`, `250ms`, `1h30m`, or a number of seconds; undefined when it is none of these, or longer than 100 years. */
export function parseDuration(value: string | number): DurationMs | undefined {
  if (typeof value === 'number') return within(value * 1000);
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(value)) return undefined;
  let sum = 0;
  for (const [, count = '', unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) sum += Number(count) * (units[unit] ?? 0);
  return within(sum);
}

/** So many seconds, as a body or metadata writes them; `otherwise`: those of what is no number above 0, or longer than 100 years. */
export function secondsIn(value: JsonValue | undefined, otherwise: number): DurationMs {
  const given = numberOf(value);
  const span = given > 0 ? within(given * 1000) : undefined;
  return span ?? seconds(otherwise);
}

/** A span of time in a scenario or a fault rule. */
export const durationSchema = z
  .union([z.string(), z.number()])
  .meta({ title: 'duration' })
  .transform((value, context): DurationMs => {
    const duration = parseDuration(value);
    if (duration !== undefined) return duration;
    context.addIssue({
      code: 'custom',
      message: 'expected a duration such as 90s, 10m, 6h or 1h30m, or a number of seconds, at most 100 years',
    });
    return z.NEVER;
  });
