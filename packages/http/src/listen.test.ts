import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { milliseconds } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { describe, expect, it } from 'vitest';
import { listen } from './listen.ts';
import type { Refusal } from './refusals.ts';

const clock = nodeClock();
const refuse = ({ type, message }: Refusal) => ({ headers: { 'X-Reason': type }, body: message });
const options = { clock, refuse, port: 0, host: '127.0.0.1' };

/** Starts a request and resolves with the status, or the error's code. */
function ask(port: number, agent: Agent): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', agent }, (res) => void res.resume().on('end', () => resolve(res.statusCode))).on(
      'error',
      (error: NodeJS.ErrnoException) => resolve(error.code),
    );
  });
}

/** Resolves when nobody listens any more; bounded by the time that a test may take. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const code = await new Promise<string | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined)).once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    socket.destroy();
    if (code === 'ECONNREFUSED') return;
  }
}

describe('listen', () => {
  it('lets requests in flight finish when it closes, and takes no new ones', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const host = await listen(async (_req, res) => {
      arrive();
      await released;
      res.end('done');
    }, options);
    const agent = new Agent({ keepAlive: true });
    const inFlight = ask(host.port, agent);
    await arrived;
    const closing = host.close();
    await refused(host.port);
    release();
    expect(await inFlight).toBe(200);
    await closing;
    expect(host.close()).toBe(host.close());
    agent.destroy();
  });

  it('says in answers that it sends while it closes that the connection ends', async () => {
    const arrivals = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let requests = 0;
    const host = await listen(async (_req, res) => {
      arrivals[requests++]?.resolve();
      await released;
      res.end('done');
    }, options);
    const [late, inFlight] = [1, 2].map(() => {
      const socket = connect(host.port, '127.0.0.1').setEncoding('latin1');
      let text = '';
      socket.on('data', (chunk) => (text += chunk));
      return { socket, ended: new Promise<string>((resolve) => void socket.once('close', () => resolve(text))) };
    });
    const get = 'GET / HTTP/1.1\r\n\r\n';
    late?.socket.write(get.slice(0, 5));
    inFlight?.socket.write(get);
    await arrivals[0]?.promise;
    const closing = host.close();
    late?.socket.write(get.slice(5));
    await arrivals[1]?.promise;
    release();
    for (const each of [inFlight, late]) expect(await each?.ended).toMatch(/^HTTP\/1.1 200 [\s\S]*\r\nConnection: close\r\n/);
    await closing;
  });

  it('cuts off what is still open after its grace', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const host = await listen(() => arrive(), options);
    const inFlight = ask(host.port, new Agent());
    await arrived;
    await host.close(milliseconds(30));
    expect(await inFlight).toBe('ECONNRESET');
  });

  it('rejects when the port is taken', async () => {
    const host = await listen((_req, res) => void res.end(), options);
    await expect(listen((_req, res) => void res.end(), { ...options, port: host.port })).rejects.toThrow('EADDRINUSE');
    await host.close();
  });

  /** Sends bytes and resolves with all that comes back before the connection ends. */
  const exchange = (port: number, ...parts: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => {
        for (const part of parts) socket.write(part);
      });
      socket.setEncoding('latin1').on('data', (chunk) => (text += chunk));
      socket
        .on('close', () => resolve(text))
        .on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve(text) : reject(error)));
    });

  it.each([
    ['another protocol', 'GET / HTTQ/1.0\r\n\r\n', 400, 'BadRequest'],
    ['a method nobody knows', 'FROBNICATE / HTTP/1.1\r\n\r\n', 405, 'InvalidMethod'],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'RequestHeaderFieldsTooLarge'],
    ['a length that is no number', 'POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n', 400, 'BadRequest'],
    ['two framings', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400, 'BadRequest'],
    ['half a head', 'GET / HTTP/1.1\r\nX:', 408, 'RequestTimeout'],
    [
      'chunks with long extensions',
      `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n`,
      413,
      'ContentTooLarge',
    ],
  ])('answers %s as the service words it and ends the connection', async (_what, bytes, status, type) => {
    const host = await listen((req, res) => void req.once('end', () => res.end()).resume(), {
      ...options,
      timeLimits: { head: milliseconds(100) },
    });
    const [head = '', body = ''] = (await exchange(host.port, bytes)).split('\r\n\r\n');
    const [statusLine = '', ...lines] = head.split('\r\n');
    const headers = new Headers(lines.map((line) => line.split(': ', 2) as [string, string]));
    expect(statusLine).toMatch(`HTTP/1.1 ${status} `);
    expect(Object.fromEntries(headers)).toEqual({
      'x-reason': type,
      'content-length': String(body.length),
      connection: 'close',
      date: expect.stringMatching(/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/),
    });
    expect(body).toMatch(/^The? .*\.$|^This .*\.$/);
    await host.close();
  });

  it('adds nothing to an answer that has begun when what follows is no request', async () => {
    const host = await listen((_req, res) => {
      res.setHeader('Content-Length', 9);
      res.write('half');
    }, options);
    const answer = await exchange(host.port, 'GET / HTTP/1.1\r\n\r\n', 'no request\r\n\r\n');
    expect(answer).not.toMatch(/HTTP\/1.1 4/);
    await host.close();
  });

  it('drops who sends a body too slowly, or does not take its answer', async () => {
    const timeLimits = { request: milliseconds(100), head: milliseconds(100), silence: milliseconds(200) };
    const bytes = Buffer.alloc(64 * 1024 * 1024);
    const { promise: dropped, resolve: drop } = Promise.withResolvers<void>();
    const host = await listen(
      (req, res) => {
        if (req.method === 'GET') res.once('close', () => drop()).end(bytes);
        else req.resume();
      },
      { ...options, timeLimits },
    );
    expect(await exchange(host.port, 'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\na')).toMatch(/^HTTP\/1.1 408 /);
    const reader = connect(host.port, '127.0.0.1', () => reader.write('GET / HTTP/1.1\r\n\r\n')).on('error', () => {});
    await dropped;
    reader.destroy();
    await host.close();
  });

  it('lets the app answer an upgrade, and an expectation, that it does not know', async () => {
    const host = await listen((req, res) => void res.end(`${req.method} ${req.url}`), options);
    for (const header of ['Expect: wonders', 'Upgrade: h2c']) {
      const answer = await exchange(host.port, `GET /here HTTP/1.1\r\n${header}\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*GET \/here/);
    }
    await host.close();
  });

  it('closes the connection of a tunnel without an answer, and tells the app nothing of it', async () => {
    const asked: unknown[] = [];
    const host = await listen((req, res) => void res.end(asked.push(req.method)), options);
    expect(await exchange(host.port, 'CONNECT x:1 HTTP/1.1\r\n\r\n')).toBe('');
    expect(asked).toEqual([]);
    await host.close();
  });

  it.each([
    ['gzip', ''],
    ['identity', ''],
    ['gzip, chunked', '0\r\n\r\n'],
    ['chunked, chunked', '0\r\n\r\n'],
    ['chunked\r\nTransfer-Encoding: gzip', '0\r\n\r\n'],
    ['gzip\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
  ])('refuses the transfer coding %j once, before the app sees the request', async (coding, body) => {
    const asked: unknown[] = [];
    const host = await listen((req, res) => void res.end(asked.push(req.method)), options);
    const answer = await exchange(host.port, `POST / HTTP/1.1\r\nTransfer-Encoding: ${coding}\r\n\r\n${body}`);
    expect(answer).toMatch(/^HTTP\/1.1 501 Not Implemented\r\nX-Reason: NotImplemented\r\n[\s\S]*\r\nConnection: close\r\n/);
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
    expect(asked).toEqual([]);
    await host.close();
  });

  it('takes bodies that are chunked, however that is written', async () => {
    const host = await listen((req, res) => void req.on('end', () => res.end('all')).resume(), options);
    const bytes = 'POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: CHUNKED \r\n\r\n1\r\na\r\n0\r\n\r\n';
    expect(await exchange(host.port, bytes)).toMatch(/^HTTP\/1.1 200 [\s\S]*all/);
    await host.close();
  });
});
