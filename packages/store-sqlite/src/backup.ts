import { closeSync, existsSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { Database } from './database.ts';
import { ownFile } from './hold-file.ts';
import { checkIntegrity } from './integrity.ts';
import { checkOurs } from './migrations/migrate.ts';
import { allFilesOf } from './remove.ts';
import { contentsOf, hasLog, isSameFile, partOf, placePart, refused, removePart, type StoreContents } from './whole-file.ts';

/** Pages that are copied before the progress is told. */
const pagesAtATime = 500;

/**
 * Copies a store into a file, also while a host runs on it: the copy is what was committed when the copying began, and is checked. The file
 * is there only when it is whole; one that was there is replaced. `tell` is told how much is done, from 0 to 1. Resolves with what the copy
 * holds. Rejects with a LutraError when the store cannot be read or `into` is in use, and with what the file system throws when the copy
 * cannot be written.
 */
export async function backUpStore(named: string, into: string, tell: (done: number) => void = () => {}): Promise<StoreContents> {
  if (!existsSync(named)) throw refused(`There is no store ${named}.`);
  const file = ownFile(named);
  refuseInUse(file, into);
  removePart(into);
  closeSync(openSync(partOf(into), 'wx', 0o600)); // for its owner alone, from the beginning
  try {
    await copy(file, partOf(into), tell);
    const contents = check(partOf(into));
    placePart(into);
    return contents;
  } finally {
    removePart(into);
  }
}

/** The files of the store itself must stay, and what has a log beside it is a store of somebody. */
function refuseInUse(file: string, into: string): void {
  for (const own of allFilesOf(file)) {
    if (resolve(own) === resolve(into) || isSameFile(own, into))
      throw refused(`${into} belongs to the store that is backed up. Choose another file.`);
  }
  if (hasLog(into)) throw refused(`There is a log ${into}-wal: ${into} is a store that is in use, or was. Choose another file.`);
}

async function copy(file: string, part: string, tell: (done: number) => void): Promise<void> {
  checkFile(file);
  const source = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    source.exec('BEGIN; SELECT 1 FROM sqlite_schema'); // one moment for all of it: commits do not make the copying begin again
    await backup(source, part, {
      rate: pagesAtATime,
      progress: ({ totalPages, remainingPages }) => tell(totalPages === 0 ? 1 : 1 - remainingPages / totalPages),
    });
  } finally {
    source.close();
  }
}

/** Throws when the file is not a store of lutra, or cannot be read. */
function checkFile(file: string): void {
  const database = new Database(file);
  try {
    checkOurs(database);
  } finally {
    database.close();
  }
}

function check(part: string): StoreContents {
  const database = new Database(part);
  try {
    database.execute('PRAGMA journal_mode = DELETE'); // one file
    checkIntegrity(database);
    return contentsOf(database);
  } finally {
    database.close();
  }
}
