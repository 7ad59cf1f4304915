/** `lutra serve` as a child process, for tests of the whole. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { launcher } from './cli-process.ts';

export interface RunningServe {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Scheme, name and port of the API, and of the simulated cloud's own. */
  readonly api: string;
  readonly cloud: string;
  /** Everything that it has written so far, log lines too. */
  output(): string;
  /** Ends it at once, if it still runs. */
  kill(): void;
}

/** Starts `lutra serve` on free ports, in memory unless the options name a folder of data, and resolves when it has said where it listens; rejects when it ends before. */
export async function startServe(...options: readonly string[]): Promise<RunningServe> {
  const memory = options.includes('--data') ? [] : ['--store', 'memory'];
  const args = [launcher, 'serve', '--port', '0', '--cloud-port', '0', ...memory, ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text;
    });
  }
  const address = (name: string): string | undefined => new RegExp(`^ {2}${name} +(http://\\S+)`, 'm').exec(written)?.[1];
  const kill = (): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  };
  const read = async (): Promise<RunningServe | undefined> => {
    if (child.exitCode !== null) throw new Error(`lutra serve ended with code ${child.exitCode}: ${written}`);
    const [api, cloud] = [address('api'), address('cloud')];
    return api && cloud ? { child, api, cloud, output: () => written, kill } : undefined;
  };
  const running = await until('lutra serve listens', read, (found) => found !== undefined).catch((error: unknown) => {
    kill();
    throw error;
  });
  if (running === undefined) throw new Error('unreachable: until answers only what holds');
  return running;
}

/** Reads again and again until what is read holds, at most for so many seconds. */
export async function until<T>(what: string, read: () => Promise<T>, holds: (value: T) => boolean, within = 15): Promise<T> {
  const deadline = performance.now() + within * 1000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`not within ${within} s: ${what}; last seen: ${JSON.stringify(value)}`);
    await pause(50);
  }
}
