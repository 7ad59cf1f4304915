import type { JsonObject, JsonValue } from '@lutra/core';

const objectIn = (value: JsonValue | undefined): JsonObject | undefined =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : undefined;

/** The message in an entry of Cloud Feeds; undefined when there is none. */
export function messageIn(entry: JsonObject | undefined): string | undefined {
  const message = objectIn(objectIn(objectIn(entry?.content)?.event)?.product)?.message;
  return typeof message === 'string' ? message : undefined;
}
