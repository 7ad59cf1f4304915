/** Clients that end or hold a process, against real ones: every kind of test/hostile/, floods, and what is open when the process is told to stop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launcher } from './cli-process.ts';
import { startServe, until } from './cli-serve-process.ts';
import { beHostile } from './hostile/be-hostile.ts';
import { type HostileKind, hostileKinds } from './hostile/hostile-kinds.ts';

interface Running {
  readonly child: ChildProcess;
  /** By the name of the port: where a good client asks. */
  readonly ports: Readonly<Record<string, URL>>;
  output(): string;
}

async function startBoth(): Promise<Running> {
  const { child, api, cloud, output } = await startServe('--log-level', 'silent');
  return { child, output, ports: { api: new URL('/v1.0/T/groups', api), cloud: new URL('/v2/T/servers', cloud) } };
}

async function startCloud(): Promise<Running> {
  const child = spawn(process.execPath, [launcher, 'cloud', '--port', '0', '--no-auth'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (written += text));
  const read = async () => /^ {2}cloud +(http:\/\/\S+)/m.exec(written)?.[1];
  const url = await until('lutra cloud listens', read, (found) => found !== undefined);
  return { child, output: () => written, ports: { cloud: new URL('/v2/T/servers', url) } };
}

/** The process that listens: the launcher's child. */
const listenerOf = ({ pid }: ChildProcess): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

const portOf = (url: URL | undefined): number => Number(url?.port);
const isAnswered = async (url: URL): Promise<boolean> => (await fetch(url)).status === 200;

/** Asks again and again until it is told to stop; resolves with the number of answers, rejects with the first that is not good. */
function goodClient(url: URL): { stop(): Promise<number> } {
  let stopped = false;
  const asking = (async () => {
    let answers = 0;
    for (; !stopped; answers += 1) {
      const res = await fetch(url, { signal: AbortSignal.timeout(10_000) });
      await res.arrayBuffer();
      if (res.status !== 200) throw new Error(`a good client got ${res.status}`);
    }
    return answers;
  })();
  asking.catch(() => undefined);
  return {
    stop: () => {
      stopped = true;
      return asking;
    },
  };
}

/** All kinds, some at a time. Resolves with those whose connection the other side left open. */
async function everyKind(port: number): Promise<readonly string[]> {
  const left: string[] = [];
  const queue = hostileKinds.values();
  const work = async (): Promise<void> => {
    for (const kind of queue) if (!(await beHostile(port, kind))) left.push(kind.name);
  };
  await Promise.all(Array.from({ length: 40 }, work));
  return left;
}

const onLinux = describe.skipIf(process.platform !== 'linux');

onLinux.each([
  ['lutra serve', startBoth],
  ['lutra cloud', startCloud],
] as const)('%s', (_name, start) => {
  let running: Running;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(() => {
    running.child.kill('SIGTERM');
  });
  const ended = (): boolean => running.child.exitCode !== null || running.child.signalCode !== null;

  it('outlives every kind of hostile connection on each port, frees it, and serves good clients meanwhile', {
    timeout: 120_000,
  }, async () => {
    const pid = listenerOf(running.child);
    for (const url of Object.values(running.ports)) {
      expect(await isAnswered(url)).toBe(true);
      const before = descriptorsOf(pid);
      const good = goodClient(url);
      expect(await everyKind(portOf(url))).toEqual([]);
      expect(await good.stop()).toBeGreaterThan(0);
      await until(
        'the connections are freed',
        async () => descriptorsOf(pid) - before,
        (more) => more <= 2,
      );
    }
    expect(ended(), running.output()).toBe(false);
  });

  it('closes two thousand tunnels without an answer', { timeout: 60_000 }, async () => {
    const pid = listenerOf(running.child);
    const tunnel = { head: 'CONNECT a:1 HTTP/1.1\r\n\r\n', body: '', stop: 'in the answer' } as const;
    for (const url of Object.values(running.ports)) {
      const before = descriptorsOf(pid);
      for (let round = 0; round < 10; round += 1) {
        const leavings = Array.from({ length: 200 }, (_, n): HostileKind['leaving'] => (n % 2 === 0 ? 'reset' : 'half-close'));
        const over = await Promise.all(leavings.map((leaving) => beHostile(portOf(url), { name: 'tunnel', ...tunnel, leaving })));
        expect(over).not.toContain(false);
      }
      expect(await isAnswered(url)).toBe(true);
      await until(
        'the connections are freed',
        async () => descriptorsOf(pid) - before,
        (more) => more <= 2,
      );
    }
  });

  it('gives no address more than a thousand connections', { timeout: 60_000 }, async () => {
    for (const url of Object.values(running.ports)) {
      const sockets = Array.from({ length: 1_100 }, () =>
        connect(portOf(url), '127.0.0.1')
          .on('error', () => undefined)
          .resume(),
      );
      const closed = sockets.slice(0, 1_100).map((socket) => once(socket, 'close').then(() => socket));
      await until(
        'the newest are closed',
        async () => sockets.filter((socket) => socket.closed).length,
        (count) => count >= 100,
      );
      expect(sockets.filter((socket) => socket.closed).length).toBeLessThanOrEqual(110);
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
      await until(
        'there is room again',
        () => isAnswered(url).catch(() => false),
        (answered) => answered,
      );
    }
  });

  it('answers what lies unread when it is told to stop, and ends whatever its clients do', { timeout: 60_000 }, async () => {
    const pid = listenerOf(running.child);
    const [url] = Object.values(running.ports);
    const ask = `GET ${url?.pathname} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const open = (bytes: string): Socket => {
      const socket = connect({ port: portOf(url), host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined).write(bytes);
      return socket;
    };
    const drips = [
      'GET / HTTP/1.1\r\nX: ',
      'POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n',
      'no request\r\n\r\n',
      'CONNECT a:1 HTTP/1.1\r\n\r\n',
      '',
    ].map(open);
    const dripping = setInterval(() => drips.map((socket) => socket.write('x')), 100);
    const idle = open(ask);
    await once(idle, 'data');
    process.kill(pid, 'SIGSTOP');
    const texts = [idle, connect(portOf(url), '127.0.0.1')].map(async (socket) => {
      let text = '';
      socket
        .setEncoding('latin1')
        .on('data', (chunk) => (text += chunk))
        .on('error', (error) => (text += error.message));
      socket.write(ask);
      if (socket === idle) await new Promise((resolve) => socket.write('', resolve));
      return { ended: once(socket, 'end').then(() => text), written: socket.connecting ? once(socket, 'connect') : Promise.resolve() };
    });
    const unread = await Promise.all(texts);
    await Promise.all(unread.map(({ written }) => written));
    const begun = performance.now();
    process.kill(pid, 'SIGTERM');
    process.kill(pid, 'SIGCONT');
    for (const { ended: answered } of unread) expect(await answered).toMatch(/^HTTP\/1.1 200 [\s\S]*[\]}]$/);
    await until(
      'it ends',
      async () => ended(),
      (over) => over,
    );
    expect(performance.now() - begun).toBeLessThan(14_000);
    clearInterval(dripping);
    for (const socket of [...drips, idle]) socket.destroy();
  });
});
