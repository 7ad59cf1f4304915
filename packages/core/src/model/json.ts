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

/** Whether a JSON text nests deeper than `levels`: counts brackets outside of strings. */
export function nestsDeeperThan(text: string, levels: number): boolean {
  if (text.length <= 2 * levels) return false; // too short to
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') {
      depth += 1;
      if (depth > levels) return true;
    } else if (character === ']' || character === '}') depth -= 1;
  }
  return false;
}

/** A JSON object, kept exactly as it was sent. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
