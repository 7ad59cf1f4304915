import { readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { LutraError } from '@lutra/core';
import { Database, isBusy } from './database.ts';

/**
 * The file itself, where `file` is a link to it: its log and its lock are beside the file, not beside the link. Throws a LutraError when it
 * has a second name (a hard link), for a host that knew it by that one could not be seen.
 */
export function ownFile(file: string): string {
  const names = statSync(file, { throwIfNoEntry: false });
  if (names === undefined) return file;
  if (names.isFile() && names.nlink > 1) {
    const message = `The store ${file} cannot be used: the file has ${names.nlink} names (hard links), and may have only one.`;
    throw new LutraError('unavailable', message, { effect: 'refused' });
  }
  return realpathSync(file);
}

/**
 * Holds a store's file for this process, until the function that it answers is called, or the process ends in whatever way: the system
 * itself lets go of the lock then. Throws a LutraError that names the holder when another process has it.
 */
export function holdFile(file: string, holder: string): () => void {
  const [lock, name] = [`${file}-lock`, `${file}-holder`];
  let database: Database | undefined;
  try {
    database = new Database(lock);
    database.execute('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    throw isBusy(error) ? held(file, readName(name), error) : error;
  }
  sayHolder(name, holder);
  const lockedBy = database;
  return () => {
    forgetHolder(name);
    lockedBy.close();
  };
}

const held = (file: string, by: string, cause: unknown): LutraError =>
  new LutraError('unavailable', `The store ${file} cannot be used: another lutra holds it: ${by}.`, { cause, effect: 'refused' });

/** For the error that others get. Without it they are kept out as well. */
function sayHolder(name: string, holder: string): void {
  try {
    writeFileSync(name, holder);
  } catch {
    // no room
  }
}

/** The next holder writes its own. */
function forgetHolder(name: string): void {
  try {
    rmSync(name, { force: true });
  } catch {
    // a folder that is read-only: nothing that matters more may be hidden by that
  }
}

function readName(name: string): string {
  try {
    return readFileSync(name, 'utf8') || unnamed;
  } catch {
    return unnamed;
  }
}
const unnamed = 'it has not said which';
