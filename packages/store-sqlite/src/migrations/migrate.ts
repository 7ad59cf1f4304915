import { LutraError } from '@lutra/core';
import type { Database } from '../database.ts';
import { groups } from './0001-groups.ts';
import { switches } from './0002-switches.ts';

/** What turns a store of each schema into one of the next; the first turns an empty file into schema 1. */
const migrations: readonly string[] = [groups, switches];

/** The schema that this code reads and writes. */
export const schemaVersion = migrations.length;

/** Marks the file as ours (PRAGMA application_id): "lutr". */
const applicationId = 0x6c757472;

/** Throws when the file holds a database of something else. An empty file, or none, may become ours. */
export function checkOurs(database: Database): void {
  if (Number(database.get('PRAGMA application_id')?.application_id) === applicationId) return;
  if (database.get('SELECT 1 AS any FROM sqlite_schema LIMIT 1') === undefined) return;
  throw refused(`${database.file} is a SQLite database, but not one of lutra.`);
}

/** Brings the file to the newest schema, each step in a transaction of its own. Throws when it is newer than this code, or not ours. */
export function migrate(database: Database): void {
  checkOurs(database);
  const version = Number(database.get('PRAGMA user_version')?.user_version);
  if (version > schemaVersion) {
    throw refused(`${database.file} has schema ${version}; this lutra knows schemas up to ${schemaVersion}. Start a newer lutra on it.`);
  }
  for (let from = version; from < schemaVersion; from += 1) {
    database.execute('BEGIN IMMEDIATE');
    try {
      database.execute(migrations[from] ?? '');
      database.execute(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${from + 1}; COMMIT`);
    } catch (error) {
      if (database.isInTransaction) database.execute('ROLLBACK');
      throw error;
    }
  }
}

const refused = (message: string): LutraError => new LutraError('unavailable', message, { effect: 'refused' });
