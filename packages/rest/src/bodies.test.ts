import { LutraError } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { config, errorType, only, serve, servedRoot, stopServing } from './testing/served-app.ts';

afterEach(stopServing);

describe('readBody', () => {
  it.each([
    ['a body that is no JSON', '{', 400, 'InvalidJsonError'],
    ['a body of the wrong form', '{}', 400, 'ValidationError'],
    ['bounds out of order', JSON.stringify({ ...config, minEntities: 20 }), 400, 'InvalidMinEntities'],
    ['a good body', JSON.stringify(config), 404, 'NoSuchScalingGroupError'],
  ])('looks for the group only after the body: %s', async (_what, body, status, type) => {
    const send = await serve(only({ updateConfiguration: () => Promise.reject(new LutraError('group-not-found', 'No such')) }));
    const res = await send('PUT', '/v1.0/T/groups/G/config', body);
    expect([res.status, await errorType(res)]).toEqual([status, type]);
  });

  it.each([
    ['application/json', 204],
    ['application/json; charset=utf-8', 204],
    ['Application/JSON ; x=y', 204],
    ['text/plain', 415],
    ['application/jsonp', 415],
    ['application/x-www-form-urlencoded', 415],
    ['', 415],
  ])('takes a body of Content-Type %j with %i', async (contentType, status) => {
    const send = await serve(only({ updateConfiguration: async () => {} }));
    const res = await send('PUT', '/v1.0/T/groups/G/config', JSON.stringify(config), { 'Content-Type': contentType });
    expect(res.status).toBe(status);
    if (status === 415) expect(await errorType(res)).toBe('UnsupportedMediaType');
  });

  it('takes a body without Content-Type, and refuses one that is compressed', async () => {
    const send = await serve(only({ updateConfiguration: async () => {} }));
    expect((await send('PUT', '/v1.0/T/groups/G/config', JSON.stringify(config))).status).toBe(204);
    const compressed = await send('PUT', '/v1.0/T/groups/G/config', JSON.stringify(config), { 'Content-Encoding': 'gzip' });
    expect([compressed.status, await errorType(compressed)]).toEqual([415, 'UnsupportedMediaType']);
  });

  it.each([
    '/v1.0/T/groups/G/pause',
    '/v1.0/T/groups/G/resume',
    '/v1.0/T/groups/G/converge',
    '/v1.0/T/groups/G/policies/P/execute',
    '/v1.0/execute/1/a',
  ])('never looks at the body of POST %s', async (path) => {
    const done = async () => {};
    const send = await serve(
      only({ pauseGroup: done, resumeGroup: done, convergeGroup: done, executePolicy: done, executeCapability: done }),
    );
    expect((await send('POST', path, '{ no json', { 'Content-Type': 'text/plain' })).ok).toBe(true);
  });

  it('says of a body that is no JSON only that', async () => {
    const send = await serve(only({}));
    for (const body of ['', '{', '[', '{},{}', '\u{feff}{}', '{"a":NaN}']) {
      const res = await send('POST', '/v1.0/T/groups', body);
      expect([res.status, await res.json()]).toEqual([400, { error: { type: 'InvalidJsonError', code: 400, message: '', details: '' } }]);
    }
    const invalidUtf8 = await fetch(`${servedRoot()}/v1.0/T/groups`, {
      method: 'POST',
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });
    expect(await errorType(invalidUtf8)).toBe('InvalidJsonError');
  });

  it('refuses a text with half a character, which nobody could store or show again, and takes one with both halves', async () => {
    const send = await serve(only({ updateConfiguration: async () => {} }));
    const named = (name: string): string => JSON.stringify({ ...config, name: 'NAME' }).replace('NAME', name);
    expect((await send('PUT', '/v1.0/T/groups/G/config', named(String.raw`\ud83d\ude00`))).status).toBe(204);
    const res = await send('PUT', '/v1.0/T/groups/G/config', named(String.raw`web\ud800`));
    const message = String.raw`The body contains \ud800, which is half of a character. Write both halves, or leave it out.`;
    expect([res.status, await res.json()]).toEqual([400, { error: { type: 'InvalidJsonError', code: 400, message, details: '' } }]);
  });

  it('accepts a body of one mebibyte, and names the limit to a larger one', async () => {
    const send = await serve(only({ updateConfiguration: async () => {} }));
    const padded = (bytes: number): string => JSON.stringify(config).padEnd(bytes);
    expect((await send('PUT', '/v1.0/T/groups/G/config', padded(1024 * 1024))).status).toBe(204);
    for (const stream of [false, true]) {
      const body = new TextEncoder().encode(padded(1024 * 1024 + 1));
      const res = await fetch(`${servedRoot()}/v1.0/T/groups/G/config`, {
        method: 'PUT',
        duplex: 'half',
        body: stream ? new Blob([body]).stream() : body,
      } as RequestInit);
      expect([res.status, await res.json()]).toMatchObject([400, { error: { type: 'InvalidJsonError', message: /1048576 bytes/ } }]);
    }
  });

  it.each(['-0,', '1.0,', '1e5,', '1,', '{},', '"",'])('names the limit to a body of a mebibyte of %s', async (item) => {
    const send = await serve(only({}));
    const res = await send('POST', '/v1.0/T/groups', `[${item.repeat(300_000)}1]`.slice(0, 1024 * 1024));
    expect([res.status, await res.json()]).toMatchObject([
      400,
      { error: { type: 'InvalidJsonError', message: /more than [25]0000 commas/ } },
    ]);
  });

  it('names the limit to a body that nests too deeply', async () => {
    const send = await serve(only({}));
    const res = await send('POST', '/v1.0/T/groups', '['.repeat(100_000) + ']'.repeat(100_000));
    expect([res.status, await res.json()]).toMatchObject([400, { error: { type: 'InvalidJsonError', message: /1000 levels/ } }]);
  });
});
