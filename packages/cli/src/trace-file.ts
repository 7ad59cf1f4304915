import { closeSync, openSync, writeSync } from 'node:fs';
import { CliError, whyNoFile } from './cli-error.ts';

/** Characters of a trace kept back to write them in one go. */
const chunk = 1 << 16;

/** A file for a trace of a command. Written synchronously, so that a run awaits nothing that its clock does not know. */
export function openTrace(command: string, file: string): { write(line: string): void; close(): void } {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w');
  } catch (error) {
    throw new CliError(2, `${command}: cannot write the trace to ${file}: ${whyNoFile(error)}`, { cause: error });
  }
  let pending = '';
  const flush = (): void => {
    writeSync(descriptor, pending);
    pending = '';
  };
  return {
    write: (line) => {
      pending += `${line}\n`;
      if (pending.length >= chunk) flush();
    },
    close: () => {
      flush();
      closeSync(descriptor);
    },
  };
}
