import { copyFileSync, existsSync } from 'node:fs';
import { type Clock, LutraError } from '@lutra/core';
import type { Secrets } from '@lutra/core/stores';
import { Database } from './database.ts';
import { holdFile } from './hold-file.ts';
import { checkIntegrity } from './integrity.ts';
import { migrate } from './migrations/migrate.ts';
import { OwnershipTables } from './ownership.ts';
import { checkSecrets, resealAll } from './sealed.ts';
import { contentsOf, inTransaction, keepBeside, partOf, placePart, refused, removePart, type StoreContents } from './whole-file.ts';

/** How a store is restored. */
export interface RestoreOptions {
  readonly clock: Clock;
  readonly holder: string;
  /** What the store is sealed with from now on. */
  readonly secrets: Secrets;
  /** What the backup was sealed with, if that is something else. */
  readonly sealedWith?: Secrets;
  /** Whether a store that is there may be replaced; it is kept as `FILE.old`. */
  readonly replace: boolean;
}

/** What came of it. */
export interface Restored extends StoreContents {
  /** Where the store before is kept; null when there was none. */
  readonly old: string | null;
}

/**
 * Puts a backup in the place of a store: checked, brought to the newest schema, and with a later epoch for every tenant, so that nothing that
 * ran on the store before may commit. Until that is done the store stays as it is. The backup is only read. Throws a LutraError that says what
 * is in the way; `secrets-unreadable` when the backup was sealed with another key.
 */
export function restoreStore(backup: string, file: string, options: RestoreOptions): Restored {
  const release = holdFile(file, options.holder);
  try {
    const isThere = existsSync(file);
    if (isThere && !options.replace) throw refused(`There is a store ${file} already. Nothing was changed.`);
    const contents = prepare(backup, file, options);
    const old = isThere ? keepBeside(file, `${file}.old`) : null;
    placePart(file);
    return { ...contents, old };
  } finally {
    removePart(file);
    release();
  }
}

/** The backup as it is to be, beside the file. */
function prepare(backup: string, file: string, { clock, secrets, sealedWith = secrets }: RestoreOptions): StoreContents {
  const part = partOf(file);
  removePart(file);
  copyFileSync(backup, part);
  let database: Database | undefined;
  try {
    database = new Database(part);
    const opened = database;
    if (Number(opened.get('PRAGMA user_version')?.user_version) === 0) throw refused(`${part} is not a backup of lutra.`);
    opened.execute('PRAGMA journal_mode = DELETE');
    checkIntegrity(opened);
    migrate(opened);
    inTransaction(opened, () => {
      if (sealedWith === secrets) checkSecrets(opened, secrets);
      else resealAll(opened, sealedWith, secrets);
      new OwnershipTables(opened).barAll(clock.now());
    });
    return contentsOf(opened);
  } catch (error) {
    if (!(error instanceof LutraError)) throw error;
    throw new LutraError(error.code, error.message.replaceAll(part, backup), { cause: error, effect: 'refused' });
  } finally {
    database?.close();
  }
}
