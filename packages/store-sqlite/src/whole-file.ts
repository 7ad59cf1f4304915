/** What is done with the file of a store as a whole: looking at a copy, and putting it where it belongs. */
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LutraError } from '@lutra/core';
import { Database } from './database.ts';
import { filesOf } from './remove.ts';

/** What a store holds. */
export interface StoreContents {
  readonly groups: number;
  readonly tenants: number;
  readonly schema: number;
  /** Size of the database. */
  readonly bytes: number;
}

export function contentsOf(database: Database): StoreContents {
  const number = (sql: string): number => Number(Object.values(database.get(sql) ?? {})[0]);
  return {
    groups: number('SELECT count(*) FROM groups'),
    tenants: number('SELECT count(*) FROM tenants WHERE group_count > 0'),
    schema: number('PRAGMA user_version'),
    bytes: number('PRAGMA page_size') * number('PRAGMA page_count'),
  };
}

/** A file beside another one, in which that one is made. */
export const partOf = (file: string): string => `${file}.part`;

/** Deletes a part that was left behind. */
export function removePart(file: string): void {
  for (const one of filesOf(partOf(file))) rmSync(one, { force: true });
}

/** Makes the part the file, whole and on the disk. The part must be closed. */
export function placePart(file: string): void {
  flush(partOf(file), 'r+');
  renameSync(partOf(file), file);
  if (process.platform !== 'win32') flush(dirname(file), 'r'); // Windows opens no folders
}

/**
 * Keeps a store as `beside`, and leaves no log next to it: SQLite would take that for the log of what comes in its place. The file itself
 * stays there until then. What was kept before stays: the name gets a number then. A log without its store is kept as well. Returns where
 * the store is kept, or its log; null when there was neither. When it throws, everything is as it was.
 */
export function keepBeside(file: string, beside: string): string | null {
  if (existsSync(file)) foldLog(file);
  const there = filesOf(file).flatMap((one, index) => (existsSync(one) ? [{ one, index }] : []));
  const name = freeName(beside);
  const kept = there.map(({ one, index }) => copyWhole(one, filesOf(name)[index] ?? name));
  for (const one of filesOf(file).slice(1)) rmSync(one, { force: true });
  return kept[0] ?? null;
}

/** The first of NAME, NAME.2, NAME.3, ... of which there is no file. */
function freeName(name: string): string {
  for (let number = 1; ; number += 1) {
    const tried = number === 1 ? name : `${name}.${number}`;
    if (!filesOf(tried).some((one) => existsSync(one))) return tried;
  }
}

/** Copies a file: all of it, on the disk, or none of it. Returns `to`. */
function copyWhole(from: string, to: string): string {
  const part = partOf(to);
  try {
    copyFileSync(from, part);
    placePart(to);
    return to;
  } finally {
    rmSync(part, { force: true });
  }
}

/** Whether two paths are one file, whatever they are called. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((file) => statSync(file, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** Whether something is in the log beside a database. SQLite would read it with whatever the database is. */
export const hasLog = (file: string): boolean => (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;

/** Moves the log into the file, so that one file is all of it. A damaged store keeps its log. */
function foldLog(file: string): void {
  let database: Database | undefined;
  try {
    database = new Database(file);
    database.execute('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // it is kept as it is, with its log
  } finally {
    database?.close();
  }
}

function flush(path: string, flags: 'r' | 'r+'): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Runs `work` in a transaction that is on the disk when this returns, or undone when it throws. */
export function inTransaction<T>(database: Database, work: () => T): T {
  database.execute('PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
  try {
    const answer = work();
    database.execute('COMMIT');
    return answer;
  } catch (error) {
    if (database.isInTransaction) database.execute('ROLLBACK');
    throw error;
  }
}

export const refused = (message: string, cause?: unknown): LutraError =>
  new LutraError('unavailable', message, { effect: 'refused', cause });
