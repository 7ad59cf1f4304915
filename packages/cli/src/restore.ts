/** `lutra restore`: puts a backup in the place of the store. */
import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Clock, LutraError, type Random } from '@lutra/core';
import { nodeSecrets } from '@lutra/core/node';
import { type Restored, restoreStore } from '@lutra/store-sqlite';
import type { Command } from 'commander';
import { CliError, whyNoFile } from './cli-error.ts';
import { addDataFlags, type DataFlags, dataFolderFrom, inWords, printResult } from './data-flags.ts';
import { type DataFolder, makeDataFolder, orSay, said } from './data-folder.ts';
import { newKey, oldKeyFile, readKey, writeKey } from './secrets-key.ts';

/** Adds `lutra restore`. */
export function addRestore(program: Command, clock: Clock, random: Random): void {
  addDataFlags(
    program
      .command('restore')
      .summary('put a backup in the place of the groups')
      .description('Puts a backup in the place of the store. No host may run on it; what ran on it before can change nothing any more.')
      .argument('<file>', 'a backup')
      .option('--force', 'replace a store that is there; it is kept beside, as FILE.old or FILE.old.2')
      .option('--sealed-with <file>', 'file with the key of the backup, where that is another one than the key for secrets'),
  )
    .addHelpText('after', '\nExit code: 0 when the store is the backup, else 1: then nothing was changed.')
    .action((file: string, flags: DataFlags) => restore(resolve(file), flags, clock, random));
}

function restore(backup: string, flags: DataFlags, clock: Clock, random: Random): void {
  const folder = dataFolderFrom('restore', flags);
  if (existsSync(folder.store) && flags.force !== true) {
    throw new CliError(1, `restore: there is a store ${folder.store} already. --force replaces it, and keeps it as ${folder.store}.old.`);
  }
  makeDataFolder(folder);
  const given = typeof flags.sealedWith === 'string' ? resolve(flags.sealedWith) : undefined;
  const keyOfBackup = given === undefined ? undefined : readKey(given);
  if (given !== undefined && keyOfBackup === undefined) throw new CliError(1, `restore: there is no key ${given} (--sealed-with).`);
  const known = readKey(folder.key);
  const key = known ?? keyOfBackup ?? newKey(random);
  if (known === undefined) orSay(() => writeKey(folder.key, key)); // first: a store without its key is none
  const restored = putBack(backup, folder, known === undefined, {
    clock,
    holder: `process ${process.pid}, which restores a backup`,
    secrets: nodeSecrets(key),
    ...(keyOfBackup && { sealedWith: nodeSecrets(keyOfBackup) }),
    replace: flags.force === true,
  });
  const old = restored.old === null ? '' : `\nThe store before is in ${restored.old}: delete it when you do not need it.`;
  printResult(
    flags,
    { backup, store: folder.store, ...restored },
    `Restored ${inWords(restored)} from ${backup} into ${folder.store}.${old}`,
  );
}

/** `isNewKey`: the key was made for this; it goes again when nothing comes of it. */
function putBack(backup: string, { store, key }: DataFolder, isNewKey: boolean, options: Parameters<typeof restoreStore>[2]): Restored {
  try {
    return restoreStore(backup, store, options);
  } catch (error) {
    if (isNewKey) rmSync(key, { force: true });
    if (error instanceof LutraError && error.code === 'secrets-unreadable') {
      const where = options.sealedWith === undefined ? key : 'the file of --sealed-with';
      throw new CliError(
        1,
        `${backup} was sealed with another key than the one in ${where}. Nothing was changed.
Name the file of its key with --sealed-with; after a rotation the key before is in ${oldKeyFile(key)}.`,
        { cause: error },
      );
    }
    if (error instanceof Error && 'syscall' in error) {
      throw new CliError(1, `restore: cannot copy ${backup} to ${store}: ${whyNoFile(error)}`, { cause: error });
    }
    throw said(error);
  }
}
