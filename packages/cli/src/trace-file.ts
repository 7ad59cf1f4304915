import { closeSync, openSync, writeSync } from 'node:fs';
import { CliError, whyNoFile } from './cli-error.ts';

/** Characters of a trace kept back to write them in one go. */
const chunk = 1 << 16;

/** A trace that is being written. */
export interface TraceFile {
  /** Never throws: a run or a cloud goes on, and what is traced no longer matters. */
  write(line: string): void;
  /** Writes what is left. Throws CliError when the trace is not complete. */
  close(): void;
}

/**
 * A file for a trace of a command. Written synchronously, so that a run awaits nothing that its clock does not know. When the file takes
 * no more, a full disk for one, `complain` is called, and nothing more is written.
 */
export function openTrace(command: string, file: string, complain: (sentence: string) => void = console.error): TraceFile {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w');
  } catch (error) {
    throw new CliError(2, `${command}: cannot write the trace to ${file}: ${whyNoFile(error)}`, { cause: error });
  }
  let pending = '';
  let why: string | undefined;
  const flush = (): void => {
    const bytes = Buffer.from(pending);
    pending = '';
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    } catch (error) {
      why = whyNoFile(error);
      complain(`${command}: the trace ends here, for ${file} cannot be written: ${why}`);
    }
  };
  return {
    write: (line) => {
      if (why !== undefined) return;
      pending += `${line}\n`;
      if (pending.length >= chunk) flush();
    },
    close: () => {
      if (why === undefined) flush();
      closeSync(descriptor);
      if (why !== undefined) throw new CliError(1, `${command}: the trace in ${file} is not complete: ${why}`);
    },
  };
}
