import { connect, type Socket } from 'node:net';
import { milliseconds } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { afterEach, describe, expect, it } from 'vitest';
import { type Listening, listen } from './listen.ts';

const long = milliseconds(60_000);
const soon = milliseconds(60);
/** Nothing ends a connection within the time of a test but what the test is about. */
const timeLimits = { head: long, request: long, silence: long, idle: long, exchange: long };

let open: Listening | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await open?.close(milliseconds(0));
});

/** All that comes for `bytes` until the connection is over. The service answers GET when its time has come, and POST when it has read the body. */
async function exchange(bytes: string, limits: Partial<typeof timeLimits> = {}): Promise<string> {
  open = await listen(
    (req, res) => {
      if (req.method === 'GET') setTimeout(() => res.end('got'), 30);
      else req.resume().once('end', () => res.end('posted'));
    },
    {
      clock: nodeClock(),
      refuse: ({ type }) => ({ headers: {}, body: type }),
      port: 0,
      host: '127.0.0.1',
      timeLimits: { ...timeLimits, ...limits },
    },
  );
  const socket = connect(open.port, '127.0.0.1').setEncoding('latin1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk) => (text += chunk)).on('error', () => {});
  socket.write(bytes);
  return new Promise((resolve) => void socket.once('close', () => resolve(text)));
}

const get = 'GET / HTTP/1.1\r\n\r\n';
const ways = [
  ['alone', '', 'HTTP/1.1', ''],
  ['as the last of its connection', '', 'HTTP/1.1', 'Connection: close\r\n'],
  ['in HTTP/1.0', '', 'HTTP/1.0', ''],
  ['behind another', get, 'HTTP/1.1', ''],
  ['as the last, behind another', get, 'HTTP/1.1', 'Connection: close\r\n'],
] as const;

describe('a request with a body that never ends', () => {
  it.each(ways)('gets 400 when its chunks are none, %s', async (_way, before, version, header) => {
    const text = await exchange(`${before}POST / ${version}\r\n${header}Transfer-Encoding: chunked\r\n\r\n-1\r\n`);
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual([...(before === '' ? [] : ['HTTP/1.1 200']), 'HTTP/1.1 400']);
  });

  it.each(ways)('gets 408 when its time is over, %s', async (_way, before, version, header) => {
    const text = await exchange(`${before}POST / ${version}\r\n${header}Content-Length: 9\r\n\r\n1`, { request: soon, head: soon });
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual([...(before === '' ? [] : ['HTTP/1.1 200']), 'HTTP/1.1 408']);
  });
});
