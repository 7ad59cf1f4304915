import { copyFileSync, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type Clock, LutraError } from '@lutra/core';
import type { Secrets } from '@lutra/core/stores';
import { Database } from './database.ts';
import { holdFile, ownFile } from './hold-file.ts';
import { checkIntegrity } from './integrity.ts';
import { migrate } from './migrations/migrate.ts';
import { OwnershipTables } from './ownership.ts';
import { checkSecrets, resealAll } from './sealed.ts';
import {
  contentsOf,
  hasLog,
  inTransaction,
  isSameFile,
  keepBeside,
  partOf,
  placePart,
  refused,
  removePart,
  type StoreContents,
} from './whole-file.ts';

/** How a store is restored. */
export interface RestoreOptions {
  readonly clock: Clock;
  readonly holder: string;
  /** What the store is sealed with from now on. */
  readonly secrets: Secrets;
  /** What the backup was sealed with, if that is something else. */
  readonly sealedWith?: Secrets;
  /** Whether a store that is there may be replaced; it is kept as `FILE.old`, or with a number behind that. */
  readonly replace: boolean;
}

/** What came of it. */
export interface Restored extends StoreContents {
  /** Where the store before is kept, or the log that was left of it; null when there was nothing. */
  readonly old: string | null;
}

/**
 * Puts a backup in the place of a store: checked, brought to the newest schema, and with a later epoch for every tenant, so that nothing that
 * ran on the backup's store before, or on the one that is replaced, may commit. Until that is done the store stays as it is. The backup is only read. Throws a LutraError that says what
 * is in the way; `secrets-unreadable` when the backup was sealed with another key.
 */
export function restoreStore(backup: string, named: string, options: RestoreOptions): Restored {
  const file = ownFile(named);
  if (isSameFile(backup, file)) throw refused(`${backup} is the store itself. Nothing was changed.`);
  if (hasLog(backup)) {
    throw refused(
      `${backup} is no backup: there is a log beside it, ${backup}-wal, so it is a copy of a store's files. Put all of them in a folder of their own and make a backup of that (lutra backup --data DIR). Nothing was changed.`,
    );
  }
  const release = holdFile(file, options.holder);
  try {
    const isThere = existsSync(file);
    if (isThere && !options.replace) throw refused(`There is a store ${file} already. Nothing was changed.`);
    const contents = prepare(backup, file, options);
    const old = keepBeside(file, `${file}.old`);
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
      if (existsSync(file)) carryOver(file, opened);
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

/**
 * Takes over from the store that is replaced what must not go back: epochs, lives that were lived, and the numbers of activity. What cannot
 * be read of it, it cannot tell: then it is damaged, and that is why it is replaced.
 */
function carryOver(file: string, into: Database): void {
  let before: DatabaseSync | undefined;
  try {
    before = new DatabaseSync(file, { readOnly: true, timeout: 0 }); // so that its log stays as it is
    for (const { value } of before.prepare(`SELECT value FROM counters WHERE name = 'epoch'`).all()) {
      into.run(
        `INSERT INTO counters (name, value) VALUES ('epoch', ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)`,
        Number(value),
      );
    }
    for (const { host, incarnation } of before
      .prepare('SELECT host, incarnation FROM members UNION SELECT host, incarnation FROM ended_lives')
      .all()) {
      into.run('INSERT OR IGNORE INTO ended_lives (host, incarnation) VALUES (?, ?)', String(host), String(incarnation));
    }
    for (const { tenant_id: tenantId, sequence } of before.prepare('SELECT tenant_id, sequence FROM tenants WHERE sequence > 0').all()) {
      into.run(
        'INSERT INTO tenants (tenant_id, sequence) VALUES (?, ?) ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)',
        ...[String(tenantId), Number(sequence)],
      );
    }
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error)) throw error;
  } finally {
    before?.close();
  }
}
