/** Any JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/**
 * A number as its text, where JavaScript would hold or write another number: made by `JSON.rawJSON`, and `JSON.stringify` writes it
 * exactly as it came. Everything else in a definition is plain JSON.
 */
export interface RawNumber {
  readonly rawJSON: string;
}

/** The finite double nearest to a number. */
export const nearestNumber = (value: number | RawNumber): number =>
  typeof value === 'number' ? value : Math.max(-Number.MAX_VALUE, Math.min(Number(value.rawJSON), Number.MAX_VALUE));

/** A JSON object, kept exactly as it was sent. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
