/** Small files that must survive whatever happens to the machine. */
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file that only this user may read: all of it or nothing. It is on the disk when this returns. Throws what the file system throws. */
export function writeDurably(file: string, text: string): void {
  const beside = `${file}.part`;
  const descriptor = openSync(beside, 'w', 0o600);
  try {
    fchmodSync(descriptor, 0o600); // one that was left behind may be anybody's to read
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(beside, file);
  flushFolder(dirname(file));
}

/** Puts the names in a folder on the disk. Windows opens no folders, and does it by itself. */
export function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
