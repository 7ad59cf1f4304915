/** Reading values of a body: whatever they are, none of these throws. `String` and `Number` do, at `{"toString": 1}`. */
import { cutTo, type JsonObject, type JsonValue } from '@lutra/core';

export const objectOf = (value: JsonValue | undefined): JsonObject | undefined =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : undefined;

/** A text, or a number as one. */
export const textOf = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;

/** A number, or a text that writes one; NaN for anything else. */
export const numberOf = (value: JsonValue | undefined): number =>
  typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : Number.NaN;

/** Any value in words: a text as it is, everything else as JSON, cut where it is long. */
export const wordsOf = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : cutTo(JSON.stringify(value) ?? 'nothing', 255);

/** What a table has under a name that somebody else chose: `constructor` is in none. */
export const ownOf = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** Characters of a value as JSON. */
export const sizeOf = (value: unknown): number => (JSON.stringify(value) ?? '').length;

/** A segment of a path or of a URL: no text can end it, or break a header that it is put into. */
export const segment = (text: string): string => encodeURIComponent(text.toWellFormed());
