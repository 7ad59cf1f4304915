import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { LutraError } from '@lutra/core';

/**
 * Holds a store's file for this process, until the function that it answers is called, or the process ends in whatever way: the system
 * itself lets go of the lock then. Throws a LutraError that names the holder when another process has it.
 */
export function holdFile(file: string, holder: string): () => void {
  const [lock, name] = [`${file}-lock`, `${file}-holder`];
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lock, { timeout: 0 });
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    const isHeld = cause instanceof Error && 'errcode' in cause && cause.errcode === 5;
    const why = isHeld ? `another lutra holds it: ${readName(name)}` : `${String(cause)}; is its folder there, and may it be written to?`;
    throw new LutraError('unavailable', `The store ${file} cannot be used: ${why}.`, { cause, effect: 'refused' });
  }
  writeFileSync(name, holder);
  const held = database;
  return () => {
    rmSync(name, { force: true });
    held.close();
  };
}

function readName(name: string): string {
  try {
    return readFileSync(name, 'utf8');
  } catch {
    return 'it has not said which';
  }
}
