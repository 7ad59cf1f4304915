import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { Request } from 'express';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bodyLimit, readBytes } from './body-bytes.ts';
import { heapInUse } from './testing/heap.ts';
import { config, only, serve, servedRoot, stopServing } from './testing/served-app.ts';

afterEach(stopServing);

const put = 'PUT /v1.0/T/groups/G/config HTTP/1.1\r\nHost: localhost\r\n';
const connection = () => connect(Number(new URL(servedRoot()).port), '127.0.0.1').on('error', () => {}); // A write may come too late.
const closed = (socket: Socket) => new Promise((resolve) => void socket.once('close', resolve));

describe('readBytes', () => {
  const request = () => Object.assign(new PassThrough(), { headers: {} });

  it('keeps what is in the chunks of a body, not the chunks', async () => {
    const req = request();
    const bytes = readBytes(req as unknown as Request);
    const before = heapInUse();
    for (let index = 0; index < 200_000; index += 1) req.emit('data', Buffer.from([index % 256]));
    expect(heapInUse() - before).toBeLessThan(4_000_000);
    req.emit('end');
    const read = await bytes;
    expect([read.length, read[0], read[255], read[199_999]]).toEqual([200_000, 0, 255, 199_999 % 256]);
  });

  it('keeps nothing of a body beyond the limit', async () => {
    const req = request();
    const bytes = readBytes(req as unknown as Request);
    for (let sent = 0; sent <= bodyLimit; sent += 65_536) req.emit('data', Buffer.alloc(65_536));
    const { arrayBuffers } = process.memoryUsage();
    for (let more = 0; more < 50; more += 1) req.emit('data', Buffer.alloc(65_536));
    // V8 gives collected buffers back a while later, on a thread of its own.
    const kept = async (): Promise<number> => {
      heapInUse();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return process.memoryUsage().arrayBuffers - arrayBuffers;
    };
    await vi.waitFor(async () => expect(await kept()).toBeLessThan(bodyLimit), { timeout: 10_000 });
    req.emit('end');
    await expect(bytes).rejects.toMatchObject({ code: 'invalid-json', message: expect.stringContaining('1048576 bytes') });
  });

  it('rejects when the client goes away, and when it went away before', async () => {
    const req = request();
    const bytes = readBytes(req as unknown as Request);
    req.destroy();
    await expect(bytes).rejects.toMatchObject({ code: 'invalid-json' }); // by now its `close` is over
    await expect(readBytes(req as unknown as Request)).rejects.toMatchObject({ code: 'invalid-json' });
  });

  it('takes eight times the limit before it rejects, and has the answer end the connection', async () => {
    const req = Object.assign(request(), { res: { shouldKeepAlive: true } });
    const bytes = readBytes(req as unknown as Request);
    const chunk = Buffer.alloc(bodyLimit);
    for (let sent = 0; sent < 8; sent += 1) req.emit('data', chunk);
    expect(req.res.shouldKeepAlive).toBe(true);
    req.emit('data', chunk);
    expect(req.res.shouldKeepAlive).toBe(false);
    await expect(bytes).rejects.toMatchObject({ code: 'invalid-json' });
  });

  it('takes a body of a few times the limit to its end, and the next request after it', async () => {
    await serve(only({ updateConfiguration: async () => {} }));
    const [large, good] = [' '.repeat(3 * bodyLimit), JSON.stringify(config)];
    const socket = connection();
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk) => (text += chunk));
    socket.write(`${put}Content-Length: ${large.length}\r\n\r\n${large}`);
    socket.write(`${put}Content-Length: ${good.length}\r\nConnection: close\r\n\r\n${good}`);
    await closed(socket);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 204']);
  });

  it.each([
    ['read', 'PUT', '/v1.0/T/groups/G/config', '', 400],
    ['refused unread', 'PUT', '/v1.0/T/groups/G/config', 'Content-Type: text/plain\r\n', 415],
    ['not looked at', 'POST', '/v1.0/T/groups/G/pause', '', 204],
    ['for nobody', 'GET', '/nothing', '', 404],
  ])('ends the connection at a body that is declared to be far larger and is %s', async (_what, method, path, header, status) => {
    await serve(only({ updateConfiguration: async () => {}, pauseGroup: async () => {} }));
    const socket = connection();
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk) => (text += chunk));
    socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${header}Content-Length: 99000000\r\n\r\n{`);
    await closed(socket);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nConnection: close\r\n`));
    if (status === 400) expect(text).toMatch(/InvalidJsonError[\s\S]*1048576 bytes/);
  });

  it('ends the connection at a body without end', async () => {
    await serve(only({ updateConfiguration: async () => {} }));
    const socket = connection();
    socket.write(`${put}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    const more = (): void => {
      while (socket.writable && socket.write(chunk));
    };
    socket.on('drain', more).resume();
    more();
    await closed(socket);
    expect(socket.bytesWritten).toBeGreaterThan(8 * bodyLimit);
  });
});
