/** Where `lutra serve` keeps what outlives a restart, and the commands that look after it. */
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LutraError, type Random } from '@lutra/core';
import { removeStore } from '@lutra/store-sqlite';
import { CliError, whyNoFile } from './cli-error.ts';
import type { Config } from './config.ts';
import { writeDurably } from './durable-file.ts';
import { makeFolder } from './folders.ts';

/** The files of a host, by what is in them. All paths are absolute. */
export interface DataFolder {
  readonly folder: string;
  readonly store: string;
  /** The simulated world. */
  readonly world: string;
  /** The key that seals secrets in the store. */
  readonly key: string;
  /** The name of the host. */
  readonly host: string;
}

/** The files that the settings name; undefined when everything is in memory. */
export function dataFolderOf({ data, store, secrets }: Pick<Config, 'data' | 'store' | 'secrets'>): DataFolder | undefined {
  if (store === 'memory') return undefined;
  const folder = resolve(data);
  return {
    folder,
    store: store === undefined ? join(folder, 'groups.db') : resolve(store.slice('sqlite:'.length)),
    world: join(folder, 'world.json'),
    key: secrets.keyFile === undefined ? join(folder, 'secrets.key') : resolve(secrets.keyFile),
    host: join(folder, 'host'),
  };
}

/** Makes the folders of the files, for this user alone. Throws a CliError when that cannot be. */
export function makeDataFolder({ folder, store, key }: DataFolder): void {
  for (const one of [folder, dirname(store), dirname(key)]) {
    try {
      makeFolder(one, 0o700);
    } catch (error) {
      throw new CliError(1, `The folder ${one} cannot be made: ${whyNoFile(error)}. Choose another with --data.`, { cause: error });
    }
  }
}

/** The name of this host: the same after every restart with the same folder. */
export function readHostName({ host: file }: DataFolder, random: Pick<Random, 'uuid'>): string {
  const name = textOf(file)?.trim();
  if (name === undefined) {
    const made = random.uuid();
    writeDurably(file, `${made}\n`);
    return made;
  }
  if (/^[\w.-]{1,255}$/.test(name)) return name;
  throw new CliError(1, `${file} holds no name of a host. Delete it, and the host gets a new name.`);
}

/** Deletes the store and the simulated world; the key stays, because backups need it. Returns the files that were deleted. */
export function deleteData({ store, world }: DataFolder, holder: string): readonly string[] {
  const deleted = orSay(() => removeStore(store, holder));
  if (textOf(world) === undefined) return deleted;
  rmSync(world);
  return [...deleted, world];
}

/** The text of a file; undefined when there is none. Throws a CliError when it cannot be read. */
export function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CliError(1, `${file} cannot be read: ${whyNoFile(error)}.`, { cause: error });
  }
}

/** What `work` returns. What a store or the file system has against it becomes a CliError. */
export function orSay<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw said(error);
  }
}

/** A CliError that says what a store or the file system had against something; any other error as it is. */
export function said(error: unknown): unknown {
  if (error instanceof LutraError) return new CliError(1, error.message, { cause: error });
  if (error instanceof Error && 'syscall' in error) return new CliError(1, error.message, { cause: error });
  return error;
}
