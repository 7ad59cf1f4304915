import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { seededRandom } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { describe, expect, it } from 'vitest';
import { listen } from './listening.ts';

describe('listen', () => {
  it('answers what is no HTTP request in the format, and with the headers, of every error', async () => {
    const host = await listen((_req, res) => void res.end(), { clock: nodeClock(), random: seededRandom(1), port: 0, host: '127.0.0.1' });
    const socket = connect(host.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET / HTTQ/1.0\r\n\r\n');
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    const [statusLine, ...lines] = head.split('\r\n');
    expect(statusLine).toBe('HTTP/1.1 400 Bad Request');
    expect(Object.fromEntries(new Headers(lines.map((line) => line.split(': ', 2) as [string, string])))).toEqual({
      'content-type': 'application/json',
      'content-length': String(body.length),
      connection: 'close',
      date: expect.stringMatching(/GMT$/),
      server: 'lutra',
      'content-security-policy': "frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-response-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(JSON.parse(body)).toEqual({ error: { type: 'BadRequest', code: 400, message: expect.any(String), details: '' } });
    await host.close();
  });
});
