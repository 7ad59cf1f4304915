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

/** How long something takes: a duration; `{ least, most }`, all between equally likely; or `{ median, sigma, most }`, with a long tail. */
export const spanSchema = z.unknown().transform((value, context): Distribution => {
  const form = typeof value !== 'object' || value === null ? fixed : 'median' in value ? skewed : even;
  const parsed = form.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { message, path } of parsed.error.issues) context.addIssue({ code: 'custom', path: [...path], message });
  return z.NEVER;
});
