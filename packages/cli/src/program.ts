import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addBackup } from './backup.ts';
import { addCloud } from './cloud.ts';
import { addRestore } from './restore.ts';
import { addSecrets } from './secrets.ts';
import { addServe, stopSignal, systemClock, systemRandom } from './serve.ts';
import { addSimulate } from './simulate.ts';
import { addResumeAll, addStopAll } from './stop-all.ts';

/** The version of this package. */
export const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

/** All commands with their flags. Parsing throws instead of ending the process. */
export function createProgram(): Command {
  const program = new Command('lutra')
    .description('An autoscaler for groups of cloud servers, and a simulator of the cloud it drives.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .exitOverride();
  addServe(program, version);
  addCloud(program, version, systemClock(), stopSignal);
  addSimulate(program, systemClock());
  addBackup(program, systemClock());
  addRestore(program, systemClock(), systemRandom());
  addSecrets(program, systemClock(), systemRandom());
  addStopAll(program, systemClock());
  addResumeAll(program, systemClock());
  return program;
}
