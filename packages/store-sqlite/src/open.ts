import { existsSync, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock, Store } from '@lutra/core';
import { defaultBounds, type Secrets, type StoreBounds } from '@lutra/core/stores';
import { startCheckpoints } from './checkpoints.ts';
import { Database } from './database.ts';
import { holdFile } from './hold-file.ts';
import { checkIntegrity } from './integrity.ts';
import { migrate } from './migrations/migrate.ts';
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
export async function openSqliteStore(file: string, { clock, secrets, bounds, holder }: OpenOptions): Promise<FileStore> {
  mkdirSync(dirname(file), { recursive: true });
  const release = holdFile(file, holder);
  const isNew = !existsSync(file);
  let database: Database | undefined;
  try {
    database = new Database(file);
    if (!isNew) checkIntegrity(database);
    database.execute('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
    migrate(database);
    checkSecrets(database, secrets);
    database.execute('PRAGMA synchronous = NORMAL'); // from here on the log is flushed off the event loop
    database.run(`INSERT OR IGNORE INTO counters (name, value) VALUES ('opened', 0)`);
    database.run(`UPDATE counters SET value = value + 1 WHERE name = 'opened'`); // there is a log to flush from now on
    const log = await open(`${file}-wal`, 'r+');
    const stopCheckpoints = startCheckpoints(file);
    const opened = database;
    return new SqliteStore(opened, {
      ...{ clock, secrets, bounds: { ...defaultBounds, ...bounds } },
      flush: () => log.datasync(),
      closed: () => {
        stopCheckpoints();
        void log.close();
        release();
      },
    });
  } catch (error) {
    database?.close();
    release();
    throw error;
  }
}

/** The same store in memory, which settles by microtasks alone: for simulations, that must show what the one in a file does. */
export function openSimulatedSqliteStore({ clock, secrets, bounds }: Omit<OpenOptions, 'holder'>): Store {
  const database = new Database(':memory:');
  migrate(database);
  return new SqliteStore(database, {
    ...{ clock, secrets, bounds: { ...defaultBounds, ...bounds } },
    flush: undefined,
    closed: () => {},
  });
}
