import { mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, LutraError, type Store } from '@lutra/core';
import { defaultBounds, reasonOf, type Secrets, type StoreBounds } from '@lutra/core/stores';
import { Checkpoints } from './checkpoints.ts';
import { Database, explained } from './database.ts';
import { holdFile, ownFile } from './hold-file.ts';
import { checkIntegrity } from './integrity.ts';
import { checkOurs, migrate } from './migrations/migrate.ts';
import { OwnershipTables } from './ownership.ts';
import { checkSecrets } from './sealed.ts';
import type { StoreStatus } from './status.ts';
import { SqliteStore } from './store.ts';

/** What a store in a file is opened with. */
export interface OpenOptions {
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly bounds?: Partial<StoreBounds>;
  /** Who holds the file, for the error that another host gets. */
  readonly holder: string;
}

/** A store in a file. */
export interface FileStore extends Store {
  /** How the file is, right now. */
  status(): StoreStatus;
}

/**
 * Opens the store in a file, and makes it and its folder when there is none. One process holds the file at a time: another one gets a
 * LutraError that names the first. Throws a LutraError that says what to do when the file cannot be used; `secrets-unreadable` when the
 * store holds something that was sealed with another key.
 */
export async function openSqliteStore(named: string, { clock, secrets, bounds, holder }: OpenOptions): Promise<FileStore> {
  makeFolder(named);
  const file = ownFile(named);
  const release = holdFile(file, holder);
  let database: Database | undefined;
  let log: FileHandle | undefined;
  let checkpoints: Checkpoints | undefined;
  const end = async (): Promise<void> => {
    try {
      await checkpoints?.end();
      await log?.close();
      database?.close();
    } finally {
      release();
    }
  };
  try {
    database = new Database(file);
    prepare(database, secrets);
    new OwnershipTables(database).endAll(clock.now()); // whoever held the file has let go of it: those hosts are dead, whatever their leases say
    log = await open(`${file}-wal`, 'r+');
    checkpoints = await Checkpoints.begin(file);
    const flushed = log;
    return new SqliteStore(database, {
      ...{ clock, secrets, bounds: { ...defaultBounds, ...bounds }, checkpoints, end },
      flush: () => flushed.datasync(),
    });
  } catch (error) {
    await end();
    throw explained(file, error);
  }
}

/** Checks all of the file before anything in it is changed, and brings it to the newest schema. */
function prepare(database: Database, secrets: Secrets): void {
  checkOurs(database);
  checkIntegrity(database);
  // The log takes whole pages, and a commit changes a few bytes of each of several. Counts only for a file that is new.
  database.execute('PRAGMA page_size = 1024');
  database.execute('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
  migrate(database);
  checkSecrets(database, secrets);
  // Written while SQLite itself waits for the disk: it then has the log in its folder for good, and there is a log to flush from now on.
  database.run(`INSERT INTO counters (name, value) VALUES ('opened', 1) ON CONFLICT DO UPDATE SET value = value + 1`);
  database.execute('PRAGMA synchronous = NORMAL'); // from here on the log is flushed off the event loop
}

function makeFolder(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (cause) {
    const message = `The folder ${dirname(file)} of the store cannot be made: ${reasonOf(cause)}.`;
    throw new LutraError('unavailable', message, { cause, effect: 'refused' });
  }
}

/** The same store in memory, which settles by microtasks alone: for simulations, that must show what the one in a file does. */
export function openSimulatedSqliteStore({ clock, secrets, bounds }: Omit<OpenOptions, 'holder'>): Store {
  const database = new Database(':memory:');
  migrate(database);
  return new SqliteStore(database, {
    ...{ clock, secrets, bounds: { ...defaultBounds, ...bounds } },
    flush: undefined,
    end: async () => database.close(),
  });
}
