/**
 * JSON as it was written. JavaScript reads `1.0` as 1 and `9007199254740993` as its neighbour; the API must tell 1.0 from 1
 * (spec/rest.md, decision 52) and give back what it was given. So a number whose text JavaScript would not write again
 * becomes a *raw number* (`JSON.rawJSON`), which `JSON.stringify` writes exactly as it came. Where a schema wants an integer within
 * bounds it becomes a plain one (`integerOf`); everywhere else it stays as it is.
 */
import { nestsDeeperThan, type RawNumber } from '@lutra/core';

/** What ECMAScript's "JSON.parse source text access" adds to JSON (Node 22 and later); the type library does not list it yet. */
const exact = JSON as typeof JSON & {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

/** Levels of nesting that a document may have: recursion further down (freezing, writing) stays far from the end of the stack. */
export const mostLevels = 1_000;

/** Whether some number may need its text: outside of strings a number follows `:`, `,`, `[` or white space. Errs only towards true. */
const mayNeedText = /(?:^|[[:,\s])-?(?:\d+[.eE]|\d{16})|(?:^|[[:,\s])-0/;

/** The document; undefined when the text is not JSON (no JSON text means undefined). */
export function parseExactly(text: string): unknown {
  try {
    return mayNeedText.test(text) ? exact.parse(text, keepText) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An escape that may be half a character; and every escape, of which the group matches one that is half a character. */
const mayBeHalf = /\\u[dD][89a-fA-F]/;
const escapes = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)/g;

/**
 * The first escape of a JSON text that is half of a character (`\ud800` without its other half), as it is written; undefined when there is
 * none. Such a text cannot be stored, sent to a cloud or shown again: it has no encoding in UTF-8. The text itself must be well-formed.
 */
export function halfCharacterIn(text: string): string | undefined {
  if (!mayBeHalf.test(text)) return undefined;
  for (const [found, half] of text.matchAll(escapes)) if (half !== undefined) return found;
  return undefined;
}

const keepText = (_key: string, value: unknown, { source }: { readonly source?: string }): unknown =>
  typeof value === 'number' && source !== undefined && (source !== String(value) || /[eE]/.test(source)) ? exact.rawJSON(source) : value;

/** Whether this is a number kept as its text. */
export const isRawNumber = (value: unknown): value is RawNumber => exact.isRawJSON(value);

/** Whether this is an integer of any size, plain or kept as its text: `1.0` is none, and neither is `1e2`. */
export const isInteger = (value: unknown): value is number | RawNumber =>
  isRawNumber(value) ? /^-?\d+$/.test(value.rawJSON) : Number.isInteger(value);

/** A raw number of integer form as a plain number (beyond 2^53 the nearest); anything else, `1.0` too, unchanged. */
export const integerOf = (value: unknown): unknown => (isInteger(value) ? numberOf(value) : value);

/** An integer that a plain number holds as one; anything else, and any larger integer, unchanged. */
export const exactIntegerOf = (value: unknown): unknown =>
  isInteger(value) && Number.isSafeInteger(numberOf(value)) ? numberOf(value) : value;

/** A number as a plain one: the nearest, which is infinite beyond all doubles. */
export const numberOf = (value: number | RawNumber): number => (isRawNumber(value) ? Number(value.rawJSON) + 0 : value);

/** Whether a JSON text nests deeper than `mostLevels`. */
export const nestsTooDeeply = (text: string): boolean => nestsDeeperThan(text, mostLevels);
