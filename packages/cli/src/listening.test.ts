import { seededRandom } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { openApiPort, urlOf } from './listening.ts';

describe('urlOf', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://[::1]:80'],
    ['fd00::1', 'http://[fd00::1]:80'],
    ['autoscale.example', 'http://autoscale.example:80'],
  ])('reaches %s at %s', (host, url) => expect(urlOf(host, 80)).toBe(url));
});

describe('openApiPort', () => {
  it('answers 503 in the error format until it is told what to serve', async () => {
    const config = readConfig({ flags: { port: '0' }, environment: {} });
    const api = await openApiPort(config, nodeClock(), seededRandom(1));
    const before = await fetch(`${api.urlRoot}/v1.0/T/groups`);
    expect([before.status, before.headers.get('content-type'), before.headers.get('server')]).toEqual([503, 'application/json', 'lutra']);
    expect(before.headers.get('x-response-id')).toHaveLength(36);
    expect(await before.json()).toEqual({
      error: { type: 'ServiceUnavailable', code: 503, message: expect.stringContaining('starting'), details: '' },
    });
    api.serve((_req, res) => void res.end('served'));
    expect(await (await fetch(api.urlRoot)).text()).toBe('served');
    await api.close();
  });
});
