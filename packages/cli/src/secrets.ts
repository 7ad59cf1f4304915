/** `lutra secrets`: looks after the key that seals secrets in the store. */
import type { Clock, Random } from '@lutra/core';
import { nodeSecrets } from '@lutra/core/node';
import { openSqliteStore, rotateSecrets } from '@lutra/store-sqlite';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { addDataFlags, counted, type DataFlags, dataFolderFrom, printResult } from './data-flags.ts';
import { orSay, said, textOf } from './data-folder.ts';
import { newKey, nextKeyFile, oldKeyFile, openWithKey, readKey, takeNextKey, writeKey } from './secrets-key.ts';

/** Adds `lutra secrets`. */
export function addSecrets(program: Command, clock: Clock, random: Random): void {
  const secrets = program
    .command('secrets')
    .summary('look after the key for secrets')
    .description('Looks after the key that seals secrets in the store.');
  addDataFlags(
    secrets
      .command('rotate')
      .summary('make a new key, and seal everything again')
      .description(
        'Makes a new key and seals everything in the store with it. No host may run on the store. The key before is kept, as FILE.old.',
      ),
  )
    .addHelpText('after', '\nExit code: 0 when everything is sealed with the new key, else 1: then nothing was changed.')
    .action(async (flags: DataFlags) => {
      await rotate(flags, clock, random);
    });
}

async function rotate(flags: DataFlags, clock: Clock, random: Random): Promise<void> {
  const folder = dataFolderFrom('secrets rotate', flags);
  if (textOf(folder.store) === undefined) throw new CliError(1, `secrets rotate: there is no store ${folder.store}.`);
  const [key, oldKey] = [folder.key, oldKeyFile(folder.key)];
  if (textOf(oldKey) !== undefined) {
    throw new CliError(
      1,
      `secrets rotate: ${oldKey} is there from the rotation before, and older backups need it. Move it away, or delete it.`,
    );
  }
  const holder = `process ${process.pid}, which makes a new key`;
  // A rotation that was broken off is finished first: the key that it was about to take must not be overwritten.
  const store = await openWithKey(key, folder.store, random, (secrets) => openSqliteStore(folder.store, { clock, secrets, holder })).catch(
    (error: unknown) => {
      throw said(error);
    },
  );
  await store.close();
  if (textOf(oldKey) !== undefined) {
    const finished = `The rotation before had been broken off, and is finished now: everything is sealed with ${key}.
The key before is in ${oldKey}. Backups made until then need it; delete it when you need none of them.`;
    printResult(flags, { secrets: null, key, oldKey }, finished);
    return;
  }
  const count = orSay(() =>
    rotateSecrets(folder.store, {
      holder,
      prepare: () => {
        const [before, next] = [readKey(key), newKey(random)];
        if (before === undefined) throw new CliError(1, `secrets rotate: the key ${key} has gone. Nothing was changed.`);
        writeKey(nextKeyFile(key), next);
        return { from: nodeSecrets(before), to: nodeSecrets(next) };
      },
      done: () => takeNextKey(key),
    }),
  );
  const sentence = `Sealed ${counted(count, 'secret')} again with a new key, ${key}: keep a copy of it elsewhere.
The key before is in ${oldKey}. Backups made until now need it; delete it when you need none of them.`;
  printResult(flags, { secrets: count, key, oldKey }, sentence);
}
