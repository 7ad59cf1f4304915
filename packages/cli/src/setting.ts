import { cutTo } from '@lutra/core';
import { parseDuration } from '@lutra/simulator';
import { z } from 'zod';

/** A setting that a flag, the environment and the file can give. */
export interface Setting {
  /** What the flag takes, as the help shows it; empty for a flag that stands alone and means true. */
  readonly takes: string;
  readonly says: string;
  readonly schema: z.ZodType<unknown, unknown>;
  /** It is a secret: never printed. */
  readonly secret?: true;
}

/** A value that `read` understands; undefined = it does not, and `rule` says what it must be. */
export const setting = <T>(rule: string, read: (value: unknown) => T | undefined): z.ZodType<T, unknown> =>
  z.unknown().transform((value, context): T => {
    const result = read(value);
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message: rule });
    return z.NEVER;
  });

/** A whole number, as a number or, from a flag or variable, as text. */
export const wholeNumber = (least: number, most: number, rule: string): z.ZodType<number, unknown> =>
  setting(rule, (value) => {
    const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
    return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most ? number : undefined;
  });
/** A group of more could not be shown: an answer is one text, and V8 has a longest one (about 512 MiB). */
const mostBytes = 64 * 1024 * 1024;
/** The size that something stored of a group may have. */
export const bytes = wholeNumber(1, mostBytes, `must be a number of bytes from 1 to ${mostBytes} (64 MiB)`);
export const oneOf = <T extends string>(names: readonly T[], rule: string): z.ZodType<T, unknown> =>
  setting(rule, (value) => names.find((name) => name === value));
/** One of several forms of text; undefined from `read` = it is none of them, and `advice`, a sentence, says what to use. */
export const known = (advice: string, read: (value: string) => string | undefined): z.ZodType<string, unknown> =>
  z.unknown().transform((value, context): string => {
    const result = typeof value === 'string' ? read(value) : undefined;
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message: advice, params: { unknownValue: true } });
    return z.NEVER;
  });
/** Whether an issue comes from `known`: its message is advice, not a rule. */
export const isUnknownValue = (issue: z.core.$ZodIssue): boolean => issue.code === 'custom' && issue.params?.unknownValue === true;
export const textThat = (rule: string, form: RegExp): z.ZodType<string, unknown> =>
  setting(rule, (value) => (typeof value === 'string' && form.test(value) ? value : undefined));
/**
 * A URL of this form, without a user name and a password: links, challenges, catalogs and errors show URLs. `instead` says where they belong.
 */
export const urlThat = (rule: string, form: RegExp, instead = 'this URL is shown to clients'): z.ZodType<string, unknown> =>
  z.unknown().transform((value, context): string => {
    const hasUser = typeof value === 'string' && value.includes('@');
    if (typeof value === 'string' && !hasUser && form.test(value)) return value;
    context.addIssue({ code: 'custom', message: hasUser ? `must not hold a user name or a password (an "@"): ${instead}` : rule });
    return z.NEVER;
  });

/** Longest wrong value repeated in a message. */
const longestShown = 200;
/** A wrong value as a message repeats it: not what may be a URL with a password in it, and not at any length. */
export function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.includes('@') ? '"***"' : cutTo(text, longestShown, '...');
}

/** A list, or, from a flag or variable, text with commas. */
export const listOf = <T>(rule: string, read: (item: string) => T | undefined): z.ZodType<readonly T[], unknown> =>
  setting(rule, (value) => {
    const items: unknown = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value;
    if (!Array.isArray(items)) return undefined;
    const found = items.flatMap((item: unknown) => (typeof item === 'string' ? (read(item) ?? []) : []));
    return found.length === items.length ? (found as readonly T[]) : undefined;
  });
export const trueOrFalse = setting('must be true or false', (value) =>
  value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined,
);
export const span = setting('must be a duration such as 250ms, 90s, 10m or 1h30m', (value) =>
  typeof value === 'string' ? parseDuration(value) : undefined,
);
