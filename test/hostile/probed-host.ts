/** A `lutra serve` or `lutra cloud` of its own process, whose memory and descriptors can be read. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { launcher, root } from '../cli-process.ts';

/** What a host holds. */
export interface Holding {
  /** Bytes in use after all garbage was collected. */
  readonly bytes: number;
  /** Open file descriptors: sockets for the most part. */
  readonly descriptors: number;
}

export interface ProbedHost {
  readonly name: string;
  /** Scheme, address and port by what it calls them: `api`, `cloud`. */
  address(name: string): string;
  /** Why it ended, if it did. */
  ended(): string | undefined;
  holding(): Promise<Holding>;
  /** Tells it to stop and resolves with how long that took, ms. Kills it after 20 s. */
  stop(): Promise<number>;
}

const probe = pathToFileURL(join(import.meta.dirname, 'memory-probe.ts')).href;
/** How long an answer of a healthy host may take on a busy machine, ms. */
const patience = 30_000;

/** Starts lutra with these arguments. Resolves when it listens. */
export async function startProbed(name: string, ...args: readonly string[]): Promise<ProbedHost> {
  // A small young generation: else garbage is most of what is in use.
  const env = { ...process.env, NODE_OPTIONS: `--import=${probe} --max-semi-space-size=8` };
  const child = spawn(process.execPath, [launcher, ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written = (written + text).slice(-100_000);
    });
  }
  const address = (what: string): string => new RegExp(`^ {2}${what} +(http://\\S+)`, 'm').exec(written)?.[1] ?? '';
  const ended = (): string | undefined =>
    child.exitCode === null && child.signalCode === null
      ? undefined
      : `${name} ended (${child.exitCode ?? child.signalCode}): ${written.slice(-2_000)}`;
  const addresses = new Map<string, string>();
  await until(`${name} listens`, () => {
    const why = ended();
    if (why !== undefined) throw new Error(why);
    return address('cloud') !== '' && written.includes('Ctrl-C stops it');
  });
  for (const what of ['api', 'cloud']) addresses.set(what, address(what));
  const pid = workerOf(child);
  return {
    name,
    address: (what) => addresses.get(what) ?? '',
    ended,
    holding: async () => {
      const before = written.split('memory-probe').length;
      process.kill(pid, 'SIGUSR2');
      await until(`${name} tells what it holds`, () => written.split('memory-probe').length > before && written.endsWith('\n'));
      const { bytes } = JSON.parse(/memory-probe (\{.*\})/.exec(written.slice(written.lastIndexOf('memory-probe')))?.[1] ?? '') as {
        bytes: number;
      };
      return { bytes, descriptors: readdirSync(`/proc/${pid}/fd`).length };
    },
    stop: async () => {
      const begun = performance.now();
      child.kill('SIGTERM');
      const gone = until(`${name} ends`, () => ended() !== undefined, 20_000);
      await gone.catch(() => child.kill('SIGKILL'));
      return performance.now() - begun;
    },
  };
}

/** The process that the launcher started: the launcher only hands signals on. */
function workerOf({ pid = 0 }: ChildProcess): number {
  const [worker] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return worker === undefined || worker === '' ? pid : Number(worker);
}

/** Waits until something holds. Rejects after `most` ms. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, most = patience): Promise<void> {
  const deadline = performance.now() + most;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${most / 1_000} s: ${what}`);
    await pause(50);
  }
}
