/** A small file system of its own, for tests of full and read-only disks. Linux, and root, alone can mount one. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Makes it read-only, or writable again. */
  readonly setReadOnly: (readOnly: boolean) => void;
  readonly remove: () => void;
}

/** A disk of so many KiB; undefined where none can be mounted. */
export function mountSmallDisk(kibibytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'lutra-disk-'));
  const run = (program: string, ...args: readonly string[]): void => void execFileSync(program, args, { stdio: 'ignore' });
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder);
  } catch {
    rmdirSync(folder);
    return undefined;
  }
  return {
    folder,
    setReadOnly: (readOnly) => run('mount', '-o', `remount,${readOnly ? 'ro' : 'rw'}`, folder),
    remove: () => {
      run('umount', '-l', folder);
      rmdirSync(folder);
    },
  };
}
