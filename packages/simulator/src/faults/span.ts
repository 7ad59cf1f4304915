import { milliseconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import type { Distribution } from '../world/pace.ts';

const fixed = durationSchema.transform((duration): Distribution => ({ kind: 'fixed', duration }));
const even = z
  .strictObject({ least: durationSchema, most: durationSchema })
  .refine(({ least, most }) => least <= most, { path: ['most'], error: 'is less than least' })
  .transform((bounds): Distribution => ({ kind: 'uniform', ...bounds }));
const skewed = z
  .strictObject({ median: durationSchema, sigma: z.number().min(0).max(3).default(0.5), most: durationSchema })
  .transform((shape): Distribution => ({ kind: 'lognormal', least: milliseconds(0), ...shape }));

/** 99 of 100 standard normal numbers are below this. */
const ninetyNinth = 2.326;
const measured = z
  .strictObject({ p50: durationSchema, p99: durationSchema, cap: durationSchema })
  .refine(({ p50, p99 }) => p50 > 0 && p99 >= p50, { path: ['p99'], error: 'is less than p50, or p50 is none' })
  .transform(({ p50, p99, cap }): Distribution => {
    return { kind: 'lognormal', median: p50, sigma: Math.log(p99 / p50) / ninetyNinth, least: milliseconds(0), most: cap };
  });

/**
 * How long something takes: a duration; `{ least, most }`, all between equally likely; `{ median, sigma, most }` or `{ p50, p99, cap }`, with a
 * long tail.
 */
export const spanSchema = z
  .unknown()
  .meta({ title: 'span' })
  .transform((value, context): Distribution => {
    const form = formOf(value);
    const parsed = form.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const { message, path } of parsed.error.issues) context.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  });

function formOf(value: unknown): z.ZodType<Distribution> {
  if (typeof value !== 'object' || value === null) return fixed;
  if ('p50' in value) return measured;
  return 'median' in value ? skewed : even;
}
