/**
 * JSON as it was written. JavaScript reads `1.0` as 1 and `9007199254740993` as its neighbour; the API must tell 1.0 from 1
 * (spec/rest.md, decision 52) and give back what it was given. So a number whose text JavaScript would not write again
 * becomes a *raw number* (`JSON.rawJSON`), which `JSON.stringify` writes exactly as it came. Where a schema wants an integer within
 * bounds it becomes a plain one (`integerOf`); everywhere else it stays as it is.
 */
import type { RawNumber } from '@lutra/core';

/** What ECMAScript's "JSON.parse source text access" adds to JSON (Node 22 and later); the type library does not list it yet. */
const exact = JSON as typeof JSON & {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

/** Outside of strings a number follows `:`, `,`, `[` or white space. */
const numberWithText = /(?:^|[[:,\s])-?(?:\d+[.eE]|\d{16})|(?:^|[[:,\s])-0/;

/** Whether some number of a JSON text may need its text. Errs only towards true: a string may look like a number. */
export const mayNeedText = (text: string): boolean => numberWithText.test(text);

/** The document; undefined when the text is not JSON (no JSON text means undefined). */
export function parseExactly(text: string): unknown {
  try {
    return mayNeedText(text) ? exact.parse(text, keepText) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The first escape of a JSON text that is half of a character (`\ud800` without its other half), as it is written; undefined when there is
 * none. Such a text cannot be stored, sent to a cloud or shown again: it has no encoding in UTF-8. The text itself must be well-formed.
 */
export function halfCharacterIn(text: string): string | undefined {
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    if (!isSurrogate(text, at)) at += 2;
    else {
      const [first, second] = [text.slice(at, at + 6), text.slice(at + 6, at + 12)];
      if (!/^..[dD][89abAB]/.test(first) || !/^\\u[dD][c-fC-F]/.test(second)) return first;
      at += 12;
    }
  }
  return undefined;
}

/** Whether the escape at a place is `\ud800` to `\udfff`. Looks at single characters: a text may be a million escapes. */
const isSurrogate = (text: string, at: number): boolean =>
  text[at + 1] === 'u' && (text[at + 2] === 'd' || text[at + 2] === 'D') && Number.parseInt(text[at + 3] ?? '', 16) >= 8;

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
