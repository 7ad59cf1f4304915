/** JSON documents in columns. Each says in which version it was written, and is brought up to the newest one when it is read. */
import { LutraError, parseExactly } from '@lutra/core';

/** The version in which documents are written. */
export const documentVersion = 1;

/** Turns a document of one version into the next. */
type Upgrade = (value: unknown) => unknown;

/** The upgrades, by the version that each takes. A version has one once there is another after it. */
const known: Readonly<Record<number, Upgrade>> = {};

/** The document as its column holds it. */
export const encode = (value: unknown): string => JSON.stringify([documentVersion, value]);

/** The document that a column holds. `T` is what was encoded. Throws `unavailable` when a newer lutra wrote it, or it is no document. */
export const decode = <T>(text: string): T => upgrade(parseExactly(text)) as T;

/** The documents of a list of columns: their texts between brackets, with commas. Throws as `decode` does. */
export function decodeAll<T>(texts: string): readonly T[] {
  const all = parseExactly(texts);
  if (!Array.isArray(all)) throw unreadable('a text that is not JSON');
  return all.map((one) => upgrade(one) as T);
}

/** The document in the version `to`, whatever version it was written in. Throws `unavailable` when it is newer, or no document. */
export function upgrade(stored: unknown, to = documentVersion, upgrades = known): unknown {
  const [version, value] = Array.isArray(stored) && stored.length === 2 ? stored : [undefined, undefined];
  if (!Number.isSafeInteger(version)) throw unreadable('a text that is not a document');
  if (version > to) throw unreadable(`a document of version ${version}, and this lutra reads versions up to ${to}`);
  let document: unknown = value;
  for (let from = version; from < to; from += 1) {
    const next = upgrades[from];
    if (next === undefined) throw unreadable(`a document of version ${version}, which nothing brings up to ${to}`);
    document = next(document);
  }
  return document;
}

const unreadable = (what: string): LutraError =>
  new LutraError('unavailable', `The store cannot be read: it holds ${what}. Nothing was changed.`, { effect: 'refused' });

/** Columns that hold documents, by table. */
export const documentColumns: Readonly<Record<string, string>> = {
  groups: 'progress',
  specs: 'document',
  servers: 'document',
  intents: 'document',
  policies: 'document',
  schedules: 'document',
  webhooks: 'document',
  node_records: 'document',
  tombstones: 'document',
  activity: 'document',
};
