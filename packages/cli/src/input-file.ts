/** Files that lutra is given: read up to a bound, and looked at for who else may read them. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Log } from '@lutra/core';

/** Bytes of a file at most. YAML of this size takes a second to read, and some hundred MB of memory. */
const mostBytes = 1024 * 1024;

/** The text of a file. Throws what Node throws, and an Error for a file, or for a device without an end, that is larger than 1 MiB. */
export function readInput(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(mostBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length <= mostBytes; length += read)
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (length > mostBytes) throw new Error(`it is larger than the limit of ${mostBytes} bytes`);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** Warns when every user of this machine may read a file that holds secrets. Not on Windows, where its mode does not tell. */
export function warnOfReaders(file: string, what: string, log: Log): void {
  if (process.platform === 'win32') return;
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o004) === 0) return;
  log.warn(
    { file, mode: (mode & 0o777).toString(8) },
    `every user of this machine may read ${what}, which holds secrets; chmod 600 keeps them out`,
  );
}
