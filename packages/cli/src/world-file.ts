/** A simulated world that outlives its process: read from a file before anybody can call it, written while it goes on and when it ends. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { type Clock, seconds } from '@lutra/core';
import type { World, WorldSnapshot } from '@lutra/simulator';
import { CliError, whyNoFile } from './cli-error.ts';

/** How long after a call the file is written at the latest. */
const keptWithin = seconds(5);

/** The world in a file; undefined when there is no such file yet. Throws a CliError when it cannot be read, or is not JSON. */
export function readWorld(command: string, file: string): WorldSnapshot | undefined {
  let text: string;
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    // A pipe, or a device such as /dev/full, may have no end; and the world would be written in its place.
    if (!found.isFile() && !found.isDirectory()) throw new Error('it is no file but a device or a pipe');
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(2, `${command}: cannot read ${file} (--world): ${whyNoFile(error)}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notWorld(command, file, error);
  }
}

/** What to say of a file that holds no world. */
export const notWorld = (command: string, file: string, error: unknown): CliError =>
  new CliError(2, `${command}: ${file} (--world) holds no simulated world: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });

/** Writes the world: all of it or nothing, whenever the machine stops. Throws a CliError when it cannot. */
export function writeWorld(command: string, file: string, world: Pick<World, 'snapshot'>): void {
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
    throw new CliError(1, `${command}: cannot write ${file} (--world): ${whyNoFile(error)}`, { cause: error });
  }
}

/**
 * Writes the world now, and again at most 5 s after each call, until the function that it answers is called. Throws a CliError when it
 * cannot be written at first, or at last; `complain` is told what is in the way between. `clock`: the machine's.
 */
export function keepWorld(
  command: string,
  file: string,
  world: Pick<World, 'snapshot' | 'calls'>,
  clock: Clock,
  complain: (message: string) => void = console.error,
): () => void {
  let written = -1;
  const write = (): void => {
    if (world.calls === written) return;
    writeWorld(command, file, world);
    written = world.calls;
  };
  write();
  let waiting = clock.after(keptWithin).subscribe(function again() {
    try {
      write();
    } catch (error) {
      complain(`${error instanceof Error ? error.message : String(error)}; it is tried again in 5 s`);
    }
    waiting = clock.after(keptWithin).subscribe(again);
  });
  return () => {
    waiting.unsubscribe();
    writeWorld(command, file, world);
  };
}
