/** `lutra backup`: copies the store into a file, also while a host runs on it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { between, type Clock, seconds } from '@lutra/core';
import { backUpStore, isSameFile } from '@lutra/store-sqlite';
import type { Command } from 'commander';
import { CliError, whyNoFile } from './cli-error.ts';
import { addDataFlags, type DataFlags, dataFolderFrom, inWords, printResult } from './data-flags.ts';
import { said } from './data-folder.ts';

/** How often the progress is told. */
const told = seconds(2);

/** Adds `lutra backup`. */
export function addBackup(program: Command, clock: Clock): void {
  addDataFlags(
    program
      .command('backup')
      .summary('copy the groups into a file, also while lutra serve runs')
      .description('Copies the store into a file: what was committed when the copying began. A host may run on it meanwhile.')
      .argument('<file>', 'the backup')
      .option('--force', 'replace a file that is there'),
  )
    .addHelpText(
      'after',
      '\nThe key for secrets is not in it: keep a copy of that elsewhere.\nExit code: 0 when the backup is whole, else 1.',
    )
    .action(async (file: string, flags: DataFlags) => {
      await backUp(resolve(file), flags, clock);
    });
}

async function backUp(file: string, flags: DataFlags, clock: Clock): Promise<void> {
  const folder = dataFolderFrom('backup', flags);
  if (existsSync(file) && flags.force !== true) throw new CliError(1, `backup: there is a file ${file} already. --force replaces it.`);
  if ([folder.world, folder.key, folder.host].some((own) => own === file || isSameFile(own, file))) {
    throw new CliError(1, `backup: ${file} belongs to the data that is backed up. Choose another file.`);
  }
  const begun = clock.now();
  const contents = await backUpStore(folder.store, file, tellNowAndThen(clock)).catch((error: unknown) => {
    if (error instanceof Error && 'syscall' in error) throw new CliError(1, `backup: cannot write ${file}: ${whyNoFile(error)}`);
    throw said(error);
  });
  const took = between(begun, clock.now());
  const sentence = `Backed up ${inWords(contents)} to ${file} (${contents.bytes} bytes, ${(took / 1000).toFixed(1)} s).
The key for its secrets is not in it: keep a copy of ${folder.key} elsewhere.`;
  printResult(flags, { file, ...contents, ms: took }, sentence);
}

/** Tells on stderr how much of a long work is done. */
function tellNowAndThen(clock: Clock): (done: number) => void {
  let last = clock.now();
  return (done) => {
    if (between(last, clock.now()) < told) return;
    last = clock.now();
    console.error(`${Math.floor(done * 100)} %`);
  };
}
