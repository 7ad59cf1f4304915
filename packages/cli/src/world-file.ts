/** A simulated world that outlives its process: read from a file before anybody can call it, written while it goes on and when it ends. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { between, type Clock, milliseconds } from '@lutra/core';
import type { World, WorldSnapshot } from '@lutra/simulator';
import { CliError, whyNoFile } from './cli-error.ts';

/** The file of a world, the command that keeps it, and the flag that names it. */
export interface WorldFile {
  readonly command: string;
  readonly flag: string;
  readonly file: string;
}

/** How long after a call the file is written, ms. */
const keptWithin = 250;
/** At most this part of the time is spent on writing: a large world is written less often. */
const mostOfTime = 1 / 20;

/** The world in a file; undefined when there is no such file yet. Throws a CliError when it cannot be read, or is not JSON. */
export function readWorld(from: WorldFile): WorldSnapshot | undefined {
  const { command, flag, file } = from;
  let text: string;
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    // A pipe, or a device such as /dev/full, may have no end; and the world would be written in its place.
    if (!found.isFile() && !found.isDirectory()) throw new Error('it is no file but a device or a pipe');
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(2, `${command}: cannot read ${file} (${flag}): ${whyNoFile(error)}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notWorld(from, error);
  }
}

/** What to say of a file that holds no world. */
export const notWorld = ({ command, flag, file }: WorldFile, error: unknown): CliError =>
  new CliError(2, `${command}: ${file} (${flag}) holds no simulated world: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });

/** Writes the world: all of it or nothing, whenever the machine stops. Throws a CliError when it cannot. */
export function writeWorld({ command, flag, file }: WorldFile, world: Pick<World, 'snapshot'>): void {
  const beside = `${file}.new`;
  try {
    const descriptor = openSync(beside, 'w');
    try {
      writeFileSync(descriptor, JSON.stringify(world.snapshot()));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, file);
  } catch (error) {
    throw new CliError(1, `${command}: cannot write ${file} (${flag}): ${whyNoFile(error)}`, { cause: error });
  }
}

/**
 * Writes the world now, and again a quarter of a second after each call, until the function that it answers is called; a world that takes
 * long to write less often. Throws a CliError when it cannot be written at first, or at last; `complain` is told what is in the way between.
 * `clock`: the machine's.
 */
export function keepWorld(
  to: WorldFile,
  world: Pick<World, 'snapshot' | 'calls'>,
  clock: Clock,
  complain: (message: string) => void = console.error,
): () => void {
  let written = -1;
  const write = (): void => {
    if (world.calls === written) return;
    writeWorld(to, world);
    written = world.calls;
  };
  write();
  let waiting = clock.after(milliseconds(keptWithin)).subscribe(function again() {
    const begun = clock.now();
    try {
      write();
    } catch (error) {
      complain(`${error instanceof Error ? error.message : String(error)}; it is tried again`);
    }
    const pause = Math.max(keptWithin, between(begun, clock.now()) / mostOfTime);
    waiting = clock.after(milliseconds(Math.ceil(pause))).subscribe(again);
  });
  return () => {
    waiting.unsubscribe();
    writeWorld(to, world);
  };
}
