import type { JsonObject } from '@lutra/core';
import { objectOf } from './json-values.ts';

/** The message in an entry of Cloud Feeds; undefined when there is none. */
export function messageIn(entry: JsonObject | undefined): string | undefined {
  const message = objectOf(objectOf(objectOf(entry?.content)?.event)?.product)?.message;
  return typeof message === 'string' ? message : undefined;
}
