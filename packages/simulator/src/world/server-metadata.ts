import { metadataKeys } from '@lutra/core';
import type { ServerRecord } from './server-record.ts';

/** Whether our draining mark is on the server. */
export const isMarked = (record: ServerRecord): boolean => record.metadata[metadataKeys.state] === metadataKeys.draining;

/** The metadata without the items whose keys start with one of the prefixes. */
export const withoutPrefixes = (metadata: Readonly<Record<string, string>>, prefixes: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => !prefixes.some((prefix) => key.startsWith(prefix))));
