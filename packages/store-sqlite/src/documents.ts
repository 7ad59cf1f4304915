/** JSON documents in columns. Each says in which version it was written, and is brought up to the newest one when it is read. */
import { LutraError, parseExactly } from '@lutra/core';

/** The version in which documents are written. */
export const documentVersion = 1;

/** Turns a document of one version into the next; by the version that it takes. */
const upgrades: Readonly<Record<number, (value: unknown) => unknown>> = {};

/** The document as its column holds it. */
export const encode = (value: unknown): string => JSON.stringify([documentVersion, value]);

/** The document that a column holds. `T` is what was encoded. Throws `unavailable` when a newer lutra wrote it, or it is none. */
export function decode<T>(text: string): T {
  const [version, value] = parseExactly(text) as readonly [number, unknown];
  if (version > documentVersion) {
    throw new LutraError('unavailable', `The store holds a document of version ${version}; this lutra reads up to ${documentVersion}.`, {
      effect: 'refused',
    });
  }
  let document = value;
  for (let from = version; from < documentVersion; from += 1) document = upgrades[from]?.(document) ?? document;
  return document as T;
}
