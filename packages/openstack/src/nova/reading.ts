/**
 * Answers as nobody has checked them yet. A parser answers the value, or names the first field that is not as it must be; it never throws.
 * What an answer holds may be a secret, and may be long: a problem says what kind of value was found, never the value.
 */
import { CloudError } from '@lutra/core';

/** An object of an answer. */
export type Fields = Readonly<Record<string, unknown>>;
/** What an answer holds, or the first field that is not as it must be. */
export type Reading<T> = { readonly value: T } | WrongField;
export interface WrongField {
  /** Its path in the answer: `servers[3].created`. */
  readonly field: string;
  /** A sentence about it, for logs. */
  readonly problem: string;
}

/** The field that is not as it must be. */
export const wrongField = (field: string, expected: string, found: unknown): WrongField => ({
  field,
  problem: `${field} is ${kindOf(found)}, not ${expected}`,
});
/** Whether a parser found a wrong field. */
export const isWrong = <T>(reading: Reading<T>): reading is WrongField => 'problem' in reading;

/** The value of an answer to a call. Throws a CloudError `bad-answer` that names the wrong field. */
export function requireValue<T>(op: string, reading: Reading<T>): T {
  if (isWrong(reading)) throw new CloudError('bad-answer', `${op}: ${reading.problem}`);
  return reading.value;
}

/** The value as an object; undefined for anything else. */
export const objectIn = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
/** The value as an object; one without fields for anything else. */
export const fieldsIn = (value: unknown): Fields => objectIn(value) ?? {};
/** The value as text; empty for anything else. */
export const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
/** An id as text: services write some of them as numbers. Empty for anything else. */
export const idIn = (value: unknown): string => (Number.isSafeInteger(value) ? String(value) : textIn(value));
/** The entry under a name that came from outside: never something that every object has. */
export const entryOf = (fields: Fields, name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value === '') return 'empty';
  if (typeof value === 'string') return 'another text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
