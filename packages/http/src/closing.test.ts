import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { milliseconds, seconds } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { describe, expect, it } from 'vitest';
import { type Listening, type ListenOptions, listen } from './listen.ts';

const clock = nodeClock();
const get = 'GET / HTTP/1.1\r\n\r\n';
const serve = (app: Parameters<typeof listen>[0], more: Partial<ListenOptions> = {}): Promise<Listening> =>
  listen(app, { clock, refuse: ({ type }) => ({ headers: {}, body: type }), port: 0, host: '127.0.0.1', ...more });

/** A connection, and all that has come on it when it is over. */
function client(port: number): { readonly socket: Socket; readonly ended: Promise<string> } {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk)).on('error', (error: NodeJS.ErrnoException) => (text += error.code));
  return { socket, ended: new Promise((resolve) => void socket.once('close', () => resolve(text))) };
}

/** The last answer of a connection. */
const lastAnswer = /^HTTP\/1.1 200 OK\r\n(?:(?!Connection)\S+: .*\r\n)*Connection: close\r\n/;

describe('close', () => {
  it('answers a request that lies unread on an idle connection', async () => {
    const host = await serve((_req, res) => void res.end('done'));
    const { socket, ended } = client(host.port);
    socket.write(get);
    const [first] = await once(socket, 'data');
    socket.write(get);
    const closing = host.close();
    expect((await ended).slice(first.length)).toMatch(lastAnswer);
    await closing;
  });

  it('answers a request on a connection that nobody has accepted yet', async () => {
    const host = await serve((_req, res) => void res.end('done'));
    const { socket, ended } = client(host.port);
    socket.write(get);
    const closing = host.close();
    expect(await ended).toMatch(lastAnswer);
    await closing;
  });

  it('announces the end in the answer to the newest of several requests on a connection', async () => {
    const answers: (() => void)[] = [];
    const { promise: bothCame, resolve: came } = Promise.withResolvers<void>();
    const host = await serve((req, res) => {
      if (answers.push(() => res.end(req.url)) === 2) came();
    });
    const { socket, ended } = client(host.port);
    socket.write(get + get);
    await bothCame;
    const closing = host.close();
    for (const answer of answers) answer();
    const text = await ended;
    expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(2);
    expect(text.match(/Connection: close/g)).toHaveLength(1);
    await closing;
  });

  it('does not wait for connections on which nothing ever came', async () => {
    const host = await serve((_req, res) => void res.end());
    const { socket, ended } = client(host.port);
    await once(socket, 'connect');
    await host.close(seconds(3600));
    expect(await ended).toBe('');
  });

  it('ends within its grace, whatever clients do', async () => {
    const bytes = Buffer.alloc(32 * 1024 * 1024);
    const { promise: bothCame, resolve: came } = Promise.withResolvers<void>();
    let requests = 0;
    const host = await serve((req, res) => {
      if (req.method === 'GET') res.end(bytes);
      if (++requests === 2) came();
    });
    const sent = [
      'GET / HTTP/1.1\r\nX: ',
      'POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1',
      get,
      'no request\r\n\r\n',
      'CONNECT x:1 HTTP/1.1\r\n\r\n',
    ];
    const sockets = sent.map((each) => {
      const socket = connect({ port: host.port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => {}).write(each);
      const dripping = setInterval(() => socket.write('x'), 5);
      socket.once('close', () => clearInterval(dripping));
      return socket;
    });
    await bothCame;
    const begun = clock.now();
    await host.close(milliseconds(200));
    expect(clock.now() - begun).toBeLessThan(5_000);
    for (const socket of sockets) socket.destroy();
  });
});
