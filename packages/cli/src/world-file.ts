/** A simulated world that outlives its process: read from a file before anybody can call it, written while it goes on and when it ends. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
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

/** The same while the process goes on: it waits for no disk. Rejects with a CliError when it cannot. */
async function writeWorldBeside({ command, flag, file }: WorldFile, world: Pick<World, 'snapshot'>): Promise<void> {
  const beside = `${file}.new`;
  try {
    const text = JSON.stringify(world.snapshot());
    const opened = await open(beside, 'w', 0o600);
    try {
      await opened.writeFile(text);
      await opened.sync();
    } finally {
      await opened.close();
    }
    await rename(beside, file);
  } catch (error) {
    throw new CliError(1, `${command}: cannot write ${file} (${flag}): ${whyNoFile(error)}`, { cause: error });
  }
}

/**
 * Writes the world now, and again a quarter of a second after each call, until the function that it answers is called; a world that takes
 * long to write less often. Nothing waits for a disk but the first write and the last. Throws a CliError when it cannot be written at first;
 * the function that it answers rejects with one when it cannot at last. `complain` is told what is in the way between, once, and when that is
 * over. `clock`: the machine's.
 */
export function keepWorld(
  to: WorldFile,
  world: Pick<World, 'snapshot' | 'calls'>,
  clock: Clock,
  complain: (message: string) => void = console.error,
): () => Promise<void> {
  let trouble: string | undefined;
  const heard = (now: string | undefined): void => {
    if (now !== undefined && now !== trouble) complain(`${now}; it is tried again`);
    if (now === undefined && trouble !== undefined) complain(`${to.command}: ${to.file} (${to.flag}) is written again`);
    trouble = now;
  };
  writeWorld(to, world);
  let written = world.calls;
  const write = async (): Promise<void> => {
    const { calls } = world;
    if (calls === written) return;
    try {
      await writeWorldBeside(to, world);
      written = calls;
      heard(undefined);
    } catch (error) {
      heard(error instanceof Error ? error.message : String(error));
    }
  };
  let isOver = false;
  let writing = Promise.resolve();
  const again = async (): Promise<void> => {
    const begun = clock.now();
    writing = write();
    await writing;
    const pause = Math.max(keptWithin, between(begun, clock.now()) / mostOfTime);
    if (!isOver) waiting = clock.after(milliseconds(Math.ceil(pause))).subscribe(again);
  };
  let waiting = clock.after(milliseconds(keptWithin)).subscribe(again);
  return async () => {
    isOver = true;
    waiting.unsubscribe();
    await writing;
    writeWorld(to, world);
  };
}
