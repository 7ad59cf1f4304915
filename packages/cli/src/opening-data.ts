/** Opens what a host keeps: its store, its name, and the file of the simulated world. */
import { type Clock, createMemoryStore, type Random, type Store } from '@lutra/core';
import { nodeSecrets } from '@lutra/core/node';
import type { StoreBounds } from '@lutra/core/stores';
import { openSqliteStore, type StoreStatus } from '@lutra/store-sqlite';
import { CliError } from './cli-error.ts';
import type { Config } from './config.ts';
import { type DataFolder, makeDataFolder, orSay, readHostName, said } from './data-folder.ts';
import { openWithKey, orClosed } from './secrets-key.ts';

/** What a host runs on. */
export interface OpenData {
  readonly store: Store;
  /** The name of the host. */
  readonly host: string;
  /** How the store's file is; absent when everything is in memory. */
  readonly status?: () => StoreStatus;
}

type Bounds = Partial<StoreBounds>;

/** What a configuration says of the bounds of its store. */
export const boundsOf = ({ activity }: Pick<Config, 'activity'>): Bounds => ({
  activityPerGroup: activity.perGroup,
  activityPerTenant: activity.perTenant,
  activityAge: activity.keptFor,
});

/** Everything in memory: it ends with the process. */
export const memoryData = (clock: Clock, random: Random, bounds: Bounds): OpenData => ({
  store: createMemoryStore(clock, { secrets: nodeSecrets(random.secretBytes(32)), bounds }),
  host: random.uuid(),
});

/**
 * Opens the store in a folder, and makes what is not there yet. Throws a CliError that says what is in the way. `holder`: what others are told.
 */
export async function openData(
  folder: DataFolder,
  clock: Clock,
  random: Random,
  { holder, bounds }: { readonly holder: string; readonly bounds: Bounds },
): Promise<OpenData> {
  makeDataFolder(folder);
  const store = await openWithKey(folder.key, folder.store, random, (secrets) =>
    openSqliteStore(folder.store, { clock, secrets, bounds, holder }),
  ).catch((error: unknown) => {
    const why = said(error);
    throw why instanceof CliError ? new CliError(1, `${why.message}\nTo use another folder: --data DIR.`, { cause: error }) : why;
  });
  let host = '';
  await orClosed(store, () => {
    host = orSay(() => readHostName(folder, random));
  });
  return { store, host, status: () => store.status() };
}
