import type { Secrets } from '@lutra/core/stores';
import { Database } from './database.ts';
import { holdFile, ownFile } from './hold-file.ts';
import { migrate } from './migrations/migrate.ts';
import { resealAll } from './sealed.ts';
import { inTransaction } from './whole-file.ts';

/** How secrets are sealed again. All of it is called while the store is held, so that no two rotations mix. */
export interface RotateOptions {
  readonly holder: string;
  /** What the store is sealed with, and what it is to be sealed with. Called once, before anything is changed. */
  readonly prepare: () => { readonly from: Secrets; readonly to: Secrets };
  /** Called when everything is sealed again and on the disk. */
  readonly done: () => void;
}

/**
 * Seals everything in a store again, with another key, in one transaction; nothing sealed with the key before is left in the file. Returns
 * how many texts there were. Throws a LutraError, and changes nothing, when a host holds the store or `from` does not open it.
 */
export function rotateSecrets(named: string, { holder, prepare, done }: RotateOptions): number {
  const file = ownFile(named);
  const release = holdFile(file, holder);
  let database: Database | undefined;
  try {
    database = new Database(file);
    const opened = database;
    migrate(opened);
    opened.execute('PRAGMA secure_delete = ON');
    const { from, to } = prepare();
    const count = inTransaction(opened, () => resealAll(opened, from, to));
    opened.execute('PRAGMA wal_checkpoint(TRUNCATE)');
    done();
    return count;
  } finally {
    database?.close();
    release();
  }
}
