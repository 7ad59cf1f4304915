/** Reading what can be read of a damaged database. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Database } from './database.ts';
import { documentColumns } from './documents.ts';
import { brokenDocuments } from './integrity.ts';

/** What was read of a table. */
export interface SavedTable {
  readonly name: string;
  readonly rows: number;
  /** Whether reading met no damage. When it did, nobody knows how many rows are lost. */
  readonly isWhole: boolean;
}

/**
 * Copies every row that can be read from the file into a store of the newest schema that is empty: from the front of each table to the first
 * damage, and from its end back to the last.
 */
export function saveRows(damaged: DatabaseSync, into: Database): readonly SavedTable[] {
  const names = into.all(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).map(({ name }) => String(name));
  return names.map((name) => saveTable(damaged, name, into));
}

/** What is wrong with the file, a sentence each; empty when nothing is. */
export function damageOf(damaged: DatabaseSync): readonly string[] {
  try {
    const found = damaged
      .prepare('PRAGMA integrity_check(20)')
      .all()
      .map((row) => String(row.integrity_check));
    return found.length === 1 && found[0] === 'ok' ? brokenDocuments((sql) => damaged.prepare(sql).get()) : found;
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function saveTable(damaged: DatabaseSync, name: string, into: Database): SavedTable {
  const isWhole = saveUntilDamage(damaged, name, 'ASC', into);
  if (!isWhole) saveUntilDamage(damaged, name, 'DESC', into);
  return { name, rows: Number(into.get(`SELECT count(*) AS count FROM ${name}`)?.count), isWhole };
}

/** Whether it came to the end of the table. */
function saveUntilDamage(damaged: DatabaseSync, name: string, direction: 'ASC' | 'DESC', into: Database): boolean {
  const columns = into.all(`SELECT name, pk FROM pragma_table_info('${name}')`);
  const all = columns.map((column) => String(column.name)).join(', ');
  const keys = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a.pk) - Number(b.pk));
  const order = keys.map((column) => `${column.name} ${direction}`).join(', ');
  const insert = `INSERT OR IGNORE INTO ${name} (${all}) VALUES (${columns.map(() => '?').join(', ')})`;
  try {
    // NOT INDEXED: the rows lie in the table, and an index may be damaged where they are not.
    for (const row of damaged.prepare(`SELECT ${all} FROM ${name} NOT INDEXED ORDER BY ${order}`).iterate()) {
      save(into, insert, Object.values(row));
    }
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error) return false;
    throw error;
  }
}

/** A row that no longer fits the schema was damaged too. */
function save(into: Database, insert: string, values: readonly SQLInputValue[]): void {
  try {
    into.run(insert, ...values);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const isMisfit = cause instanceof Error && 'errcode' in cause && (Number(cause.errcode) & 0xff) === 19;
    if (!isMisfit) throw error; // a full disk, say
  }
}

/** Makes a store of saved rows agree with itself again: what belongs to lost groups goes, and what is counted is counted again. */
export function reconcile(database: Database): void {
  for (const [table, column] of Object.entries(documentColumns)) database.execute(`DELETE FROM ${table} WHERE NOT json_valid(${column})`);
  database.execute('DELETE FROM groups WHERE number NOT IN (SELECT group_number FROM specs)');
  for (const table of ['specs', 'servers', 'intents', 'policies', 'schedules', 'webhooks']) {
    database.execute(`DELETE FROM ${table} WHERE group_number NOT IN (SELECT number FROM groups)`);
  }
  database.execute(`
    DELETE FROM switches WHERE group_id <> '' AND (tenant_id, group_id) NOT IN (SELECT tenant_id, group_id FROM groups);
    INSERT OR IGNORE INTO tenants (tenant_id) SELECT tenant_id FROM groups UNION SELECT tenant_id FROM activity;
    UPDATE tenants SET
      group_count = (SELECT count(*) FROM groups WHERE groups.tenant_id = tenants.tenant_id),
      activity_count = (SELECT count(*) FROM activity WHERE activity.tenant_id = tenants.tenant_id),
      sequence = max(sequence, (SELECT coalesce(max(sequence), 0) FROM activity WHERE activity.tenant_id = tenants.tenant_id));
    DELETE FROM activity_counts;
    INSERT INTO activity_counts (tenant_id, group_id, count) SELECT tenant_id, group_id, count(*) FROM activity GROUP BY tenant_id, group_id;
    INSERT INTO counters (name, value) SELECT 'epoch', coalesce(max(epoch), 0) FROM tenants WHERE true
      ON CONFLICT DO UPDATE SET value = max(value, excluded.value);
  `);
}
