import { LutraError } from '@lutra/core';
import { type Database, isDamage, type Row } from './database.ts';
import { documentColumns } from './documents.ts';

/** What is wrong with the file, a sentence each; empty when nothing is. Reads all of it. */
export function findDamage(database: Database): readonly string[] {
  const rows = checked(database);
  const found = rows.map((row) => String(row.integrity_check));
  return found.length === 1 && found[0] === 'ok' ? brokenDocuments((sql) => database.get(sql)) : found;
}

/** Tables with rows that hold no document, a sentence each. A byte that changed within a text leaves every page as it should be. */
export function brokenDocuments(get: (sql: string) => Readonly<Record<string, unknown>> | undefined): readonly string[] {
  return Object.entries(documentColumns).flatMap(([table, column]) => {
    const isThere = get(`SELECT 1 AS there FROM sqlite_schema WHERE type = 'table' AND name = '${table}'`); // schemas from before lack some
    const broken = isThere === undefined ? 0 : Number(get(`SELECT count(*) AS count FROM ${table} WHERE NOT json_valid(${column})`)?.count);
    return broken === 0 ? [] : [`${broken} ${broken === 1 ? 'row' : 'rows'} of ${table} cannot be read`];
  });
}

/** SQLite gives up on some damage, and says no more than that. */
function checked(database: Database): readonly Row[] {
  try {
    return database.all('PRAGMA integrity_check(20)');
  } catch (error) {
    if (!isDamage(error)) throw error;
    return [{ integrity_check: 'pages that cannot be made sense of' }];
  }
}

/** Throws when the file is damaged. */
export function checkIntegrity(database: Database): void {
  const [first, ...others] = findDamage(database);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new LutraError(
    'unavailable',
    `The store ${database.file} is damaged: ${first}${more}. Nothing was changed. Start with --repair to see what can be saved, or restore a backup.`,
    { effect: 'refused' },
  );
}
