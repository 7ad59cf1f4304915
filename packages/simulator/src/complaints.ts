import { cutTo } from '@lutra/core';
import type { z } from 'zod';

/**
 * What is wrong with a value of a file that somebody wrote, as the rest of a sentence that begins with its key: `must be at least 1, got
 * 0`. For zod's `error` option; undefined where the schema has words of its own.
 */
export const inWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `must be given: ${kindOf(issue.expected)}`
        : `must be ${kindOf(issue.expected)}, got ${shown(issue.input)}`;
    case 'unrecognized_keys':
      return `there is no key ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}, got ${shown(issue.input)}`;
    case 'invalid_union': {
      const { discriminator, options } = issue as { readonly discriminator?: string; readonly options?: readonly unknown[] };
      if (discriminator === undefined || options === undefined) return undefined;
      const given = (issue.input as Readonly<Record<string, unknown>>)[discriminator];
      return `${given === undefined ? 'must be given' : `must not be ${shown(given)}`}: one of ${options.map(String).join(', ')}`;
    }
    case 'too_small':
      return boundOf(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum, issue.input);
    case 'too_big':
      return boundOf(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum, issue.input);
    default:
      return undefined;
  }
};

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  string: 'text',
  int: 'a whole number',
};
const kindOf = (expected: string): string => kinds[expected] ?? `a ${expected}`;

function boundOf(origin: string, relation: string, bound: number | bigint, input: unknown): string {
  if (origin === 'string') return bound === 1 ? 'must not be empty' : `must have ${relation} ${bound} characters`;
  if (origin === 'array' || origin === 'set') return bound === 1 ? 'must not be empty' : `must have ${relation} ${bound} entries`;
  return `must be ${relation} ${bound}, got ${shown(input)}`;
}

/** A value, cut where it is long. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return cutTo(text, 60, '…');
}
