import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@lutra/core';
import { Database } from './database.ts';
import { holdFile, ownFile } from './hold-file.ts';
import { migrate } from './migrations/migrate.ts';
import { OwnershipTables } from './ownership.ts';
import { damageOf, reconcile, type SavedTable, saveRows } from './salvage.ts';
import { SwitchTable } from './switches.ts';
import { contentsOf, inTransaction, keepBeside, partOf, placePart, refused, removePart, type StoreContents } from './whole-file.ts';

/** How a store is repaired. */
export interface RepairOptions {
  readonly clock: Clock;
  readonly holder: string;
  /** Whether to put what can be saved in the place of the store; without it nothing is changed. */
  readonly replace: boolean;
}

/** What is wrong with a store, and what can be saved of it. */
export interface Repair {
  /** A sentence each; none: nothing is wrong, and nothing else was looked at. */
  readonly damage: readonly string[];
  readonly tables: readonly SavedTable[];
  /** What a store of it holds; null when nothing is wrong. */
  readonly contents: StoreContents | null;
  /** Where the damaged store is kept; null when nothing was replaced. */
  readonly old: string | null;
  /** Whether all hosts are stopped in it, because what operators had set may be lost. */
  readonly isStopped: boolean;
}

/**
 * Finds out what is wrong with a store, and saves what can be read of it into a new one; with `replace` that takes the place of the store,
 * which is kept as `FILE.damaged`. Throws a LutraError when another process holds the store, or nothing of it can be read.
 */
export function repairStore(named: string, { clock, holder, replace }: RepairOptions): Repair {
  if (!existsSync(named)) throw refused(`There is no store ${named}.`);
  const file = ownFile(named);
  const release = holdFile(file, holder);
  let damaged: DatabaseSync | undefined;
  try {
    damaged = new DatabaseSync(file, { readOnly: true, timeout: 0 }); // so that its log stays as it is
    const damage = damageOf(damaged);
    if (damage.length === 0) return { damage, tables: [], contents: null, old: null, isStopped: false };
    const { tables, contents, isStopped } = save(file, damaged, clock);
    damaged.close();
    if (!replace) return { damage, tables, contents, old: null, isStopped };
    const old = keepBeside(file, `${file}.damaged`);
    placePart(file);
    return { damage, tables, contents, old, isStopped };
  } finally {
    if (damaged?.isOpen) damaged.close();
    removePart(file);
    release();
  }
}

/** Tables with what operators have set to hold hosts back. */
const brakes: ReadonlySet<string> = new Set(['switches', 'tenants']);
const whyStopped = 'The store was repaired, and what operators had stopped or suspended may be lost';

/** Beside the file, a store of what can be read. */
function save(
  file: string,
  damaged: DatabaseSync,
  clock: Clock,
): Pick<Repair, 'tables' | 'isStopped'> & { readonly contents: StoreContents } {
  removePart(file);
  const database = new Database(partOf(file));
  try {
    migrate(database);
    const tables = inTransaction(database, () => {
      const saved = saveRows(damaged, database);
      if (saved.every(({ rows }) => rows === 0)) throw refused(`Nothing of the store ${file} can be read. Restore a backup.`);
      reconcile(database);
      new OwnershipTables(database).barAll(clock.now());
      return saved;
    });
    const isStopped = tables.some(({ name, isWhole }) => brakes.has(name) && !isWhole);
    if (isStopped) {
      const switches = new SwitchTable(database);
      inTransaction(database, () => {
        if (switches.stopAll() === null) switches.setStopAll({ by: null, reason: whyStopped }, clock.now());
      });
    }
    return { tables, contents: contentsOf(database), isStopped };
  } finally {
    database.close();
  }
}
