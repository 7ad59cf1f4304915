/** What the commands that look after a folder of data have in common. */
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { type ConfigSources, flagOf, readConfig, settings } from './config.ts';
import { type DataFolder, dataFolderOf } from './data-folder.ts';

/** Settings that say where everything is. */
const names = ['data', 'store', 'secrets.keyFile'] as const;

/** Flags of such a command, as commander gives them. */
export type DataFlags = ConfigSources['flags'];

/** Gives a command the flags that say where everything is: the same as those of serve, and from the same places. */
export function addDataFlags(command: Command): Command {
  for (const name of names) command.option(`${flagOf(name)} ${settings[name].takes}`, settings[name].says);
  return command
    .option('--config <file>', 'the file of settings that lutra serve runs with')
    .option('--json', 'print what came of it as one JSON document');
}

/** The folder that the flags, the environment and the file name. Throws a CliError when nothing is kept. */
export function dataFolderFrom(command: string, flags: DataFlags): DataFolder {
  const folder = dataFolderOf(readConfig({ flags, environment: process.env }));
  if (folder !== undefined) return folder;
  throw new CliError(
    2,
    `${command}: the store is memory, of which nothing is kept. Name the folder of data with --data, or --store sqlite:FILE.`,
  );
}

/** Prints what came of it: as JSON, or in a sentence. */
export function printResult({ json }: DataFlags, result: object, sentence: string): void {
  console.log(json === true ? JSON.stringify(result) : sentence);
}

/** `3 groups of 1 tenant`. */
export const inWords = ({ groups, tenants }: { readonly groups: number; readonly tenants: number }): string =>
  `${counted(groups, 'group')} of ${counted(tenants, 'tenant')}`;

/** `1 group`, `2 groups`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
