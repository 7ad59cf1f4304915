/**
 * JSON as it was written. JavaScript reads `1.0` as 1 and `9007199254740993` as its neighbour; the API must tell 1.0 from 1
 * (spec/rest.md, decision 52) and give back what it was given, and a store must give back what was stored. So a number whose text
 * JavaScript would not write again becomes a *raw number* (`JSON.rawJSON`), which `JSON.stringify` writes exactly as it came.
 */
import type { RawNumber } from './json.ts';

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

const keepText = (_key: string, value: unknown, { source }: { readonly source?: string }): unknown =>
  typeof value === 'number' && source !== undefined && (source !== String(value) || /[eE]/.test(source)) ? exact.rawJSON(source) : value;

/** Whether this is a number kept as its text. */
export const isRawNumber = (value: unknown): value is RawNumber => exact.isRawJSON(value);
