import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, each with the mode. Throws the error of the file system when that cannot be. (mkdirSync with `recursive` tries for ever
 * below a folder that takes no folders though it exists, such as /proc.)
 */
export function makeFolder(folder: string, mode = 0o777): void {
  const missing: string[] = [];
  let above = folder;
  for (; !isThere(above); above = dirname(above)) missing.unshift(above);
  for (const one of missing) mkdirSync(one, { mode });
}

/** Throws the error of the file system when it is plain that a file cannot be opened for writing. Makes nothing. */
export function checkWritable(file: string): void {
  if (isThere(file)) {
    if (statSync(file).isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    accessSync(file, constants.W_OK);
    return;
  }
  let above = dirname(file);
  while (!isThere(above)) above = dirname(above);
  if (!statSync(above).isDirectory()) throw Object.assign(new Error(`${above} is no folder`), { code: 'ENOTDIR' });
  accessSync(above, constants.W_OK);
}

/** Whether there is a file or folder of that name; below a file there is never one. */
function isThere(path: string): boolean {
  if (path === dirname(path)) return true; // the root: nothing is above it
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return false;
    throw error;
  }
}
