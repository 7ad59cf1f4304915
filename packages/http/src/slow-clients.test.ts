import { connect, type Socket } from 'node:net';
import { milliseconds } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { afterEach, describe, expect, it } from 'vitest';
import { type Listening, type ListenOptions, listen } from './listen.ts';

const clock = nodeClock();
const long = milliseconds(60_000);
/** Every limit is out of the way, but for those that a test is about. */
const noLimits = { head: long, request: long, silence: long, idle: long, exchange: long, linger: milliseconds(100) };

let open: Listening | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await open?.close(milliseconds(0));
});

async function served(app: Parameters<typeof listen>[0], { timeLimits, ...options }: Partial<ListenOptions> = {}): Promise<number> {
  const refuse = ({ type }: { readonly type: string }) => ({ headers: {}, body: type });
  open = await listen(app, { clock, refuse, port: 0, host: '127.0.0.1', timeLimits: { ...noLimits, ...timeLimits }, ...options });
  return open.port;
}

interface Client {
  readonly socket: Socket;
  /** What came before the connection was over. */
  readonly ended: Promise<string>;
}

/** A client that reads, unless `reads` is false. One that holds on does not end its half when the listener has ended the other. */
function client(port: number, bytes: string, { reads = true, holdsOn = false } = {}): Client {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: holdsOn });
  sockets.push(socket);
  let text = '';
  socket.setEncoding('latin1').on('error', () => {});
  if (reads) socket.on('data', (chunk) => (text += chunk));
  socket.write(bytes);
  return { socket, ended: new Promise((resolve) => void socket.once('close', () => resolve(text))) };
}

/** A client that holds on and sends a byte every few milliseconds for as long as it can: each is a sign of life. */
function dripping(port: number, head: string, bytes: string): Client {
  const slow = client(port, head, { holdsOn: true });
  let sent = 0;
  const sending = setInterval(() => slow.socket.write(bytes.charAt(sent++ % bytes.length)), 5);
  slow.socket.once('close', () => clearInterval(sending));
  return slow;
}

const post = (length: number): string => `POST / HTTP/1.1\r\nContent-Length: ${length}\r\n\r\n`;

describe('a client that takes its time', () => {
  it('is cut off when it sends nothing at all', async () => {
    const port = await served(() => {}, { timeLimits: { head: milliseconds(60) } });
    expect(await client(port, '').ended).toMatch(/^HTTP\/1.1 408 /);
  });

  it('is cut off when it sends a head byte by byte, also after its 408', async () => {
    const port = await served(() => {}, { timeLimits: { head: milliseconds(60) } });
    const slow = dripping(port, 'GET / HTTP/1.1\r\nX: ', 'x');
    expect(await slow.ended).toMatch(/^HTTP\/1.1 408 /);
  });

  it('is cut off when it sends empty lines instead of a next request', async () => {
    const port = await served((_req, res) => void res.end(), { timeLimits: { head: milliseconds(30), idle: milliseconds(60) } });
    const slow = dripping(port, 'GET / HTTP/1.1\r\n\r\n', '\r\n');
    expect(await slow.ended).toMatch(/^HTTP\/1.1 200 /);
  });

  it('is cut off when it sends a body byte by byte, also after its 408', async () => {
    const port = await served((req) => void req.resume(), { timeLimits: { request: milliseconds(60), head: milliseconds(60) } });
    const slow = dripping(port, post(1_000_000), 'x');
    expect(await slow.ended).toMatch(/^HTTP\/1.1 408 /);
  });

  it('does not make a request complete by what comes after its 408', async () => {
    const got: string[] = [];
    const timeLimits = { request: milliseconds(60), head: milliseconds(60), linger: long };
    const port = await served((req) => void req.once('end', () => got.push('whole')).resume(), { timeLimits });
    const slow = client(port, `${post(5)}four`);
    slow.socket.once('data', () => slow.socket.write('5'));
    expect(await slow.ended).toMatch(/^HTTP\/1.1 408 /);
    expect(got).toEqual([]);
  });

  it('is cut off soon after a refusal, whatever it goes on sending', async () => {
    const port = await served(() => {});
    const slow = dripping(port, 'no request\r\n\r\n', 'x');
    expect(await slow.ended).toMatch(/^HTTP\/1.1 4/);
  });

  it.each([
    ['a long body', post(1_000_000_000)],
    ['a body without an announced end', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n'],
  ])('learns that the connection ends, and is cut off, when %s is refused before its end', async (_what, head) => {
    const port = await served((_req, res) => void res.writeHead(413).end('too large'));
    const slow = dripping(port, head, 'x');
    expect(await slow.ended).toMatch(/^HTTP\/1.1 413 [\s\S]*\r\nConnection: close\r\n[\s\S]*too large/);
  });

  it('gets the answer that refuses its body, although it is still sending', async () => {
    const port = await served((_req, res) => void res.writeHead(413).end('too large'), { timeLimits: { linger: long } });
    const sending = client(port, post(50_000_000));
    for (let sent = 0; sent < 500; sent += 1) sending.socket.write('x'.repeat(100_000));
    sending.socket.end();
    expect(await sending.ended).toMatch(/^HTTP\/1.1 413 [\s\S]*too large/);
  });

  it('keeps its connection when a short body comes after the answer, and gets no second answer when it does not come', async () => {
    const port = await served((_req, res) => void res.end('early'), { timeLimits: { request: milliseconds(60), head: milliseconds(60) } });
    const slow = client(port, `${post(4)}`);
    slow.socket.once('data', () => slow.socket.write(`four${post(4)}x`));
    expect((await slow.ended).match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
  });

  it.each([
    ['nothing of its answer', 0, { silence: milliseconds(60) }],
    ['its answer a little at a time', 1024, { exchange: milliseconds(300) }],
  ])('is cut off when it reads %s', async (_what, size, timeLimits) => {
    const { promise: whole, resolve: over } = Promise.withResolvers<boolean>();
    const bytes = Buffer.alloc(64 * 1024 * 1024);
    const port = await served((_req, res) => void res.once('close', () => over(res.writableFinished)).end(bytes), { timeLimits });
    const { socket } = client(port, 'GET / HTTP/1.1\r\n\r\n', { reads: false });
    const reading = setInterval(() => socket.read(size), 5);
    expect(await whole.finally(() => clearInterval(reading))).toBe(false);
  });

  it('is not what a slow service is', async () => {
    const silence = milliseconds(20);
    const port = await served((_req, res) => void setTimeout(() => res.end('at last'), 10 * silence), { timeLimits: { silence } });
    expect(await client(port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n').ended).toMatch(/at last/);
  });

  it('is cut off when the service never answers', async () => {
    const port = await served(() => {}, { timeLimits: { silence: milliseconds(20), exchange: milliseconds(100) } });
    expect(await client(port, 'GET / HTTP/1.1\r\n\r\n').ended).toBe('');
  });
});

describe('a client that sends without waiting', () => {
  it('gets all of its answers in order', async () => {
    const port = await served((req, res) => void setTimeout(() => res.end(req.url), req.url === '/1' ? 30 : 0));
    const quick = client(port, [1, 2, 3].map((n) => `GET /${n} HTTP/1.1\r\n${n === 3 ? 'Connection: close\r\n' : ''}\r\n`).join(''));
    expect((await quick.ended).match(/^\/\d$|(?<=\r\n\r\n)\/\d/gm)).toEqual(['/1', '/2', '/3']);
  });

  it('gets the answers to what came before bytes that are no request, then the end', async () => {
    const port = await served((_req, res) => void setTimeout(() => res.end('good'), 30));
    const quick = client(port, 'GET / HTTP/1.1\r\n\r\nno request\r\n\r\n');
    expect(await quick.ended).toMatch(/^HTTP\/1.1 200 [\s\S]*\r\nConnection: close\r\n[\s\S]*good$/);
  });

  it('has no request worked on after one that it called the last', async () => {
    const asked: unknown[] = [];
    const port = await served((req, res) => {
      asked.push(req.url);
      setTimeout(() => res.end('done'), 30);
    });
    const quick = client(port, 'GET /1 HTTP/1.1\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\r\n');
    expect((await quick.ended).match(/HTTP\/1.1/g)).toHaveLength(1);
    expect(asked).toEqual(['/1']);
  });

  it('is broken off when it has a hundred requests without an answer', async () => {
    let asked = 0;
    const port = await served(() => {
      asked += 1;
    });
    await client(port, 'GET / HTTP/1.1\r\n\r\n'.repeat(5_000)).ended;
    expect(asked).toBe(100);
  });
});

describe('connections of one address', () => {
  it('are bounded: the newest is closed, and there is room again when another has gone', async () => {
    const port = await served((_req, res) => void res.end('here'), { connectionsPerAddress: 2 });
    const ask = 'GET / HTTP/1.1\r\n\r\n';
    const both = [client(port, ask), client(port, ask)];
    for (const { socket } of both) await new Promise((resolve) => socket.once('data', resolve));
    expect(await client(port, ask).ended).toBe('');
    both[0]?.socket.destroy();
    for (;;) if ((await client(port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n').ended) !== '') break;
  });
});
