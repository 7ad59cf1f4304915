/** Opens what a host keeps: its store, its name, and the file of the simulated world. */
import { type Clock, createMemoryStore, type Random, type Store } from '@lutra/core';
import { nodeSecrets } from '@lutra/core/node';
import { openSqliteStore, type StoreStatus } from '@lutra/store-sqlite';
import { CliError } from './cli-error.ts';
import { type DataFolder, makeDataFolder, orSay, readHostName, said } from './data-folder.ts';
import { openWithKey } from './secrets-key.ts';

/** What a host runs on. */
export interface OpenData {
  readonly store: Store;
  /** The name of the host. */
  readonly host: string;
  /** How the store's file is; absent when everything is in memory. */
  readonly status?: () => StoreStatus;
}

/** Everything in memory: it ends with the process. */
export const memoryData = (clock: Clock, random: Random): OpenData => ({
  store: createMemoryStore(clock, { secrets: nodeSecrets(random.secretBytes(32)) }),
  host: random.uuid(),
});

/**
 * Opens the store in a folder, and makes what is not there yet. Throws a CliError that says what is in the way. `holder`: what others are told.
 */
export async function openData(folder: DataFolder, clock: Clock, random: Random, holder: string): Promise<OpenData> {
  makeDataFolder(folder);
  const store = await openWithKey(folder.key, folder.store, random, (secrets) =>
    openSqliteStore(folder.store, { clock, secrets, holder }),
  ).catch((error: unknown) => {
    const why = said(error);
    throw why instanceof CliError ? new CliError(1, `${why.message}\nTo use another folder: --data DIR.`, { cause: error }) : why;
  });
  return { store, host: orSay(() => readHostName(folder, random)), status: () => store.status() };
}
