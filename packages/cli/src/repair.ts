/** `lutra serve --repair`: what is wrong with a damaged store, and what can be saved of it. */
import type { Clock } from '@lutra/core';
import { type Repair, repairStore } from '@lutra/store-sqlite';
import { CliError, type ExitCode } from './cli-error.ts';
import type { Config } from './config.ts';
import { inWords } from './data-flags.ts';
import { dataFolderOf, orSay } from './data-folder.ts';

/** Says what is wrong, and what can be saved; with `replace` puts that in the place of the store. Returns 1 when the store stays damaged. */
export function repair(config: Config, replace: boolean, clock: Clock): ExitCode {
  const folder = dataFolderOf(config);
  if (folder === undefined) throw new CliError(2, 'serve: --repair has nothing to repair: with --store memory nothing is kept');
  const found = orSay(() => repairStore(folder.store, { clock, holder: `process ${process.pid}, which repairs it`, replace }));
  console.log(report(folder.store, found));
  return found.damage.length > 0 && found.old === null ? 1 : 0;
}

/** What was found, for a person. */
export function report(store: string, { damage, tables, contents, old, isStopped }: Repair): string {
  if (contents === null) return `The store ${store} is not damaged: there is nothing to repair.`;
  const rows = tables.filter(({ rows, isWhole }) => rows > 0 || !isWhole);
  const lines = [
    `The store ${store} is damaged:`,
    ...damage.map((sentence) => `  ${sentence}`),
    'What can be read of it:',
    ...rows.map(({ name, rows, isWhole }) => `  ${name.padEnd(16)} ${rows} rows${isWhole ? '' : '; others are lost'}`),
  ];
  const last =
    old === null
      ? `A store of that holds ${inWords(contents)}. Nothing was changed. A backup may hold more (lutra restore);
--repair --yes puts what can be read in the place of the store, and keeps the damaged one beside it.`
      : `The store holds ${inWords(contents)} now. The damaged one is in ${old}.`;
  const stopped = isStopped
    ? ['What operators had stopped or suspended may be lost, so all hosts are stopped in it: look, then lift that (lutra resume-all).']
    : [];
  return [...lines, ...stopped, last].join('\n');
}
