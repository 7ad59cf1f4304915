/**
 * The file of the key that seals secrets in the store: 32 bytes as base64, for its owner alone.
 *
 * A rotation that was broken off leaves the next key in `FILE.new`. The store then has either key: it is sealed again in one transaction,
 * and the files are renamed after that. So a store that the key does not open is tried with the next key, and the rotation is finished.
 */
import { renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { LutraError, type Random, type Store } from '@lutra/core';
import { nodeSecrets } from '@lutra/core/node';
import type { Secrets } from '@lutra/core/stores';
import { CliError } from './cli-error.ts';
import { textOf } from './data-folder.ts';
import { flushFolder, writeDurably } from './durable-file.ts';

const keyLength = 32;
/** Where a rotation keeps the key that is next. */
export const nextKeyFile = (file: string): string => `${file}.new`;
/** Where it leaves the key that was. */
export const oldKeyFile = (file: string): string => `${file}.old`;

/** The key in a file; undefined when there is no file. Throws a CliError when there is something else in it. */
export function readKey(file: string): Uint8Array | undefined {
  const text = textOf(file);
  if (text === undefined) return undefined;
  const key = new Uint8Array(Buffer.from(text.trim(), 'base64'));
  if (key.length === keyLength) return key;
  throw new CliError(
    1,
    `${file} holds no key for secrets: it must be ${keyLength} bytes as base64, one line. Put the right file back; nothing was changed.`,
  );
}

/** A key that nobody knows. */
export const newKey = (random: Pick<Random, 'secretBytes'>): Uint8Array => random.secretBytes(keyLength);

/** Writes a key to a file that only its owner may read. It is on the disk when this returns. */
export const writeKey = (file: string, key: Uint8Array): void => writeDurably(file, `${Buffer.from(key).toString('base64')}\n`);

/**
 * Makes the next key the key, and keeps the one that was. The key file is there at any moment. Throws a CliError, and changes nothing, when
 * another key was kept before: backups may need that one.
 */
export function takeNextKey(file: string): void {
  const [before, kept] = [textOf(file) ?? '', textOf(oldKeyFile(file))];
  if (kept !== undefined && kept !== before) {
    throw new CliError(1, `${oldKeyFile(file)} is there from a rotation before, and older backups need it. Move it away, or delete it.`);
  }
  writeDurably(oldKeyFile(file), before);
  renameSync(nextKeyFile(file), file);
  flushFolder(dirname(file));
}

/**
 * Opens a store with the key in a file, and finishes a rotation that was broken off. Makes a key when there is no file and the store holds
 * nothing sealed. Throws a CliError that says what to do when the file is missing, or is not the store's. `open` rejects with
 * `secrets-unreadable` when the secrets are not those of the store.
 */
export async function openWithKey<T extends Pick<Store, 'close'>>(
  file: string,
  store: string,
  random: Pick<Random, 'secretBytes'>,
  open: (secrets: Secrets) => Promise<T>,
): Promise<T> {
  const key = readKey(file);
  if (key === undefined) {
    const made = newKey(random);
    const opened = await open(nodeSecrets(made)).catch((error: unknown) => {
      if (!isUnreadable(error)) throw error;
      throw new CliError(
        1,
        `The key ${file} is missing, and ${store} holds secrets sealed with it. Put the file back; nothing was changed.`,
      );
    });
    return orClosed(opened, () => writeKey(file, made)); // nothing has been sealed with it yet
  }
  try {
    return await open(nodeSecrets(key));
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  const next = readKey(nextKeyFile(file));
  const opened = next && (await open(nodeSecrets(next)).catch(unlessUnreadable));
  if (opened === undefined) {
    throw new CliError(1, `${store} was sealed with another key than the one in ${file}. Put the right file there; nothing was changed.`);
  }
  return orClosed(opened, () => takeNextKey(file));
}

/** The store, once `work` is done. When that throws the store is closed: an open one would keep the process, and every other, waiting. */
export async function orClosed<T extends Pick<Store, 'close'>>(store: T, work: () => void): Promise<T> {
  try {
    work();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

const isUnreadable = (error: unknown): boolean => error instanceof LutraError && error.code === 'secrets-unreadable';

function unlessUnreadable(error: unknown): undefined {
  if (!isUnreadable(error)) throw error;
}
