import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Database } from './database.ts';
import { holdFile, ownFile } from './hold-file.ts';
import { checkOurs } from './migrations/migrate.ts';

/** The files of a store: the database first, then its log and the index of the log. */
export const filesOf = (file: string): readonly string[] => [file, `${file}-wal`, `${file}-shm`];

/** Those, and the files that say who holds it. */
export const allFilesOf = (file: string): readonly string[] => [...filesOf(file), `${file}-lock`, `${file}-lock-journal`, `${file}-holder`];

/**
 * Deletes a store. Answers the files that it deleted; none when there was no store. Throws a LutraError, and deletes nothing, when another
 * process holds the store, or the file is not a store of lutra.
 */
export function removeStore(named: string, holder: string): readonly string[] {
  const file = ownFile(named);
  if (!existsSync(dirname(file))) return [];
  const release = holdFile(file, holder);
  try {
    const there = filesOf(file).filter((one) => existsSync(one));
    if (existsSync(file)) refuseOthers(file);
    for (const one of there) rmSync(one, { force: true }); // the database first: SQLite ignores a log without one
    return there;
  } finally {
    release();
  }
}

function refuseOthers(file: string): void {
  const database = new Database(file);
  try {
    checkOurs(database);
  } finally {
    database.close();
  }
}
