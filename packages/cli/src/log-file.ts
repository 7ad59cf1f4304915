import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, milliseconds } from '@lutra/core';
import type { Subscription } from 'rxjs';
import { CliError, whyNoFile } from './cli-error.ts';
import { checkWritable, makeFolder } from './folders.ts';

/** Lines are gathered for this long, and up to so many bytes: a write for every request would cost more than the request. */
const [gatherFor, gatherMost] = [milliseconds(250), 32 * 1024];

/**
 * Opening a pipe that nobody reads waits for a reader, and writing to a full one for room. Meanwhile the process would do nothing else, not
 * even end at SIGTERM. So neither waits: the first is refused, the second loses lines. A file on a disk is as ever. (Windows has no such flag.)
 */
const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/**
 * The file of the log. It must not harm the host: lines that it does not take, because a disk is full, are lost, and that is reported once.
 * Not pino's own writer (sonic-boom 4.2.1): on a full disk its flush at the end of the process never returns, and a file that could not be
 * opened again is later closed twice; the second time its descriptor may belong to something else (docs/adr/0017).
 */
export class LogFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #complain: (sentence: string) => void;
  #file: number;
  readonly #gathered = Buffer.allocUnsafe(gatherMost);
  /** Bytes of `#gathered` that hold lines. */
  #filled = 0;
  #timer: Subscription | undefined;
  /** Lines lost since the file last took some. */
  #lost = 0;

  /** Opens the file, and makes its folder. Throws CliError when that cannot be. `complain` gets what goes wrong with writing. */
  constructor(path: string, clock: Clock, complain: (sentence: string) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#complain = complain;
    try {
      this.#file = this.#open();
    } catch (error) {
      throw refuse(path, error);
    }
  }

  /** Throws CliError when it is plain that the file cannot be written; opens and makes nothing. */
  static check(path: string): void {
    try {
      checkWritable(path);
    } catch (error) {
      throw refuse(path, error);
    }
  }

  /** Takes a line, with its end. */
  write(line: string): void {
    const mostBytes = 3 * line.length;
    if (this.#filled + mostBytes > gatherMost) this.flush();
    if (mostBytes > gatherMost) this.#put(Buffer.from(line));
    else {
      this.#filled += this.#gathered.write(line, this.#filled);
      this.#timer ??= this.#clock.after(gatherFor).subscribe(() => this.flush());
    }
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#timer?.unsubscribe();
    this.#timer = undefined;
    const lines = this.#gathered.subarray(0, this.#filled);
    this.#filled = 0;
    if (lines.length > 0) this.#put(lines);
  }

  #put(lines: Buffer): void {
    try {
      for (let written = 0; written < lines.length; ) written += writeSync(this.#file, lines, written);
      if (this.#lost > 0) this.#complain(`log: ${this.#path} is written again; ${this.#lost} lines were lost`);
      this.#lost = 0;
    } catch (error) {
      if (this.#lost === 0) this.#complain(`log: ${this.#path} cannot be written, so its lines are lost: ${whyNoFile(error)}`);
      this.#lost += lines.toString().split('\n').length - 1;
    }
  }

  /** Opens the file again, after it was moved away. If that fails, the old one is written on. */
  reopen(): void {
    this.flush();
    try {
      const old = this.#file;
      this.#file = this.#open();
      closeSync(old);
    } catch (error) {
      this.#complain(`log: ${this.#path} cannot be opened again: ${whyNoFile(error)}`);
    }
  }

  #open(): number {
    makeFolder(dirname(this.#path));
    return openSync(this.#path, appending, 0o666);
  }
}

const refuse = (path: string, error: unknown): CliError =>
  new CliError(2, `config: logFile: ${path} cannot be written: ${whyNoFile(error)}`, { cause: error });
