/** Any JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object, kept exactly as it was sent. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
