/**
 * Numbers of JSON as they were written (`parseExactly` of the core). Where a schema wants an integer within bounds, a number that was kept
 * as its text becomes a plain one (`integerOf`); everywhere else it stays as it is.
 */
import { isRawNumber, type RawNumber } from '@lutra/core';

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
