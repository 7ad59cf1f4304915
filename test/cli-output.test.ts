/** What a running host makes of output that nobody reads, of log files that cannot be written, and of errors that nobody caught. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launcher, lutra } from './cli-process.ts';
import { type RunningServe, startServe, until } from './cli-serve-process.ts';

let folder = '';
let serve: RunningServe | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-output-'));
  serve = undefined;
});
afterEach(() => {
  serve?.kill();
  rmSync(folder, { recursive: true });
});

const ended = async (child: ChildProcess): Promise<number | null> =>
  child.exitCode ?? (await once(child, 'exit').then(([code]) => code as number | null));

/** Groups made one after the other: each is lines in the log. */
async function makeGroups(api: string, count: number): Promise<readonly number[]> {
  const body = JSON.stringify({
    groupConfiguration: { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 2 },
    launchConfiguration: {
      type: 'launch_server',
      args: { server: { name: 'web', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: 'performance1-2' } },
    },
  });
  const statuses: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const answer = await fetch(`${api}/v1.0/1/groups`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    statuses.push(answer.status);
  }
  return statuses;
}

describe('lutra serve', () => {
  it('goes on when nobody reads its output any more, and ends as told', { timeout: 60_000 }, async () => {
    serve = await startServe();
    serve.child.stdout.destroy();
    serve.child.stderr.destroy();
    expect(await makeGroups(serve.api, 20)).toEqual(Array(20).fill(201));
    serve.child.kill('SIGHUP');
    expect(await makeGroups(serve.api, 1)).toEqual([201]);
    serve.child.kill('SIGTERM');
    expect(await ended(serve.child)).toBe(0);
  });

  it('starts though nobody reads its output, and ends as told', { timeout: 60_000 }, async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    const child = spawn(process.execPath, [launcher, 'serve', '--port', `${port}`, '--cloud-port', '0', '--store', 'memory'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      child.stdout.destroy();
      child.stderr.destroy();
      const api = `http://127.0.0.1:${port}`;
      await until(
        'lutra serve answers',
        () => makeGroups(api, 1).catch(() => []),
        ([status]) => status === 201,
      );
      child.kill('SIGTERM');
      expect(await ended(child)).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it.skipIf(!existsSync('/dev/full'))(
    'goes on when its log file and its output are on a full disk, and ends as told',
    { timeout: 60_000 },
    async () => {
      serve = await startServe('--log-file', '/dev/full');
      expect(await makeGroups(serve.api, 20)).toEqual(Array(20).fill(201));
      await until(
        'stderr says so',
        async () => serve?.output() ?? '',
        (text) => text.includes('/dev/full cannot be written'),
      );
      serve.child.kill('SIGTERM');
      expect(await ended(serve.child)).toBe(0);
    },
  );

  it.skipIf(!existsSync('/dev/full'))('goes on when its output and its log are on a full disk', { timeout: 60_000 }, async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [launcher, 'serve', '--port', '0', '--cloud-port', '0', '--store', 'memory'], {
      stdio: ['ignore', 'pipe', full],
    });
    closeSync(full);
    try {
      const written: string[] = [];
      child.stdout?.setEncoding('utf8').on('data', (text: string) => written.push(text));
      const api = await until('lutra serve listens', async () => / {2}api +(http:\S+)/.exec(written.join(''))?.[1] ?? '', Boolean);
      expect(await makeGroups(api, 20)).toEqual(Array(20).fill(201));
      child.kill('SIGTERM');
      expect(await ended(child)).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('writes on to its log when the file cannot be opened again on SIGHUP', { timeout: 60_000 }, async () => {
    const path = join(folder, 'logs', 'lutra.log');
    serve = await startServe('--log-file', path);
    renameSync(join(folder, 'logs'), join(folder, 'moved'));
    writeFileSync(join(folder, 'logs'), 'in the way');
    serve.child.kill('SIGHUP');
    await until(
      'stderr says so',
      async () => serve?.output() ?? '',
      (text) => text.includes(`${path} cannot be opened again: `),
    );
    expect(await makeGroups(serve.api, 1)).toEqual([201]);
    rmSync(join(folder, 'logs'));
    serve.child.kill('SIGHUP');
    await until('the file is there again', async () => existsSync(path), Boolean);
    serve.child.kill('SIGTERM');
    expect(await ended(serve.child)).toBe(0);
    expect(readFileSync(join(folder, 'moved', 'lutra.log'), 'utf8')).toContain('"status":201');
    expect(readFileSync(path, 'utf8')).toContain('"msg":"stopped"');
  });

  it.each(['/proc/lutra/deep.log', '/dev/null/lutra.log', '/'])('refuses at once to log to %s', { timeout: 60_000 }, async (path) => {
    const { code, stdout, stderr } = await lutra(['serve', '--port', '0', '--cloud-port', '0', '--store', 'memory', '--log-file', path]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^config: logFile: \S+ cannot be written: .+\n$/);
  });

  it('finds with --check-config a log file that cannot be written, and makes none', { timeout: 60_000 }, async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await lutra(['serve', '--check-config', '--log-file', join(folder, 'file', 'deep', 'lutra.log')]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('config: logFile: ')]);
    const path = join(folder, 'deep', 'lutra.log');
    expect((await lutra(['serve', '--check-config', '--log-file', path])).code).toBe(0);
    expect(existsSync(join(folder, 'deep'))).toBe(false);
  });

  it('logs an error that nobody caught, and ends with 1', { timeout: 60_000 }, async () => {
    const path = join(folder, 'lutra.log');
    const mistake = join(folder, 'mistake.mjs');
    writeFileSync(mistake, "process.on('SIGUSR2', () => void Promise.reject(new Error('a mistake')));\n");
    const node = ['--conditions=lutra-source', `--import=${mistake}`, join(launcher, '../../src/index.ts')];
    const child = spawn(process.execPath, [...node, 'serve', '--port', '0', '--cloud-port', '0', '--store', 'memory', '--log-file', path], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      await once(child.stdout, 'data'); // it listens
      child.kill('SIGUSR2');
      expect(await ended(child)).toBe(1);
    } finally {
      child.kill('SIGKILL');
    }
    const last = readFileSync(path, 'utf8').trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ level: 'error', origin: 'unhandledRejection', err: { message: 'a mistake' } });
  });
});

describe('lutra cloud', () => {
  it.skipIf(!existsSync('/dev/full'))(
    'goes on when its trace is on a full disk and nobody reads its output, and says at the end that it is not complete',
    { timeout: 60_000 },
    async () => {
      const child = spawn(process.execPath, [launcher, 'cloud', '--port', '0', '--no-auth', '--trace', '/dev/full'], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      try {
        let written = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          written += text;
        });
        const [, url = ''] = await until(
          'lutra cloud listens',
          async () => / {2}cloud {2}(http:\S+)/.exec(written) ?? [],
          ({ length }) => length > 0,
        );
        child.stdout.destroy();
        for (let n = 0; n < 300; n += 1) expect((await fetch(`${url}/v2/1/servers/detail`)).status).toBe(200);
        child.kill('SIGTERM');
        expect(await ended(child)).toBe(1); // the trace is not complete
      } finally {
        child.kill('SIGKILL');
      }
    },
  );
});

describe.skipIf(process.platform === 'win32')('a signal to stop', () => {
  it('that comes twice at once, as to a whole process group, is one', async () => {
    const serve = await startServe();
    const ended = once(serve.child, 'exit');
    const worker = Number(readFileSync(`/proc/${serve.child.pid}/task/${serve.child.pid}/children`, 'utf8').trim().split(' ')[0]);
    process.kill(worker, 'SIGTERM');
    process.kill(worker, 'SIGTERM');
    serve.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(serve.output()).toContain('"stopped"');
  });
});
