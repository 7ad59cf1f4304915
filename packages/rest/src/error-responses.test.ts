import { type Log, silentLog } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { pathWithoutSecret } from './error-responses.ts';
import { only, serve, stopServing } from './testing/served-app.ts';

afterEach(stopServing);

describe('errorResponses', () => {
  it('tells nothing of a failure of its own, but logs it under the id of the answer', async () => {
    const lines: object[] = [];
    const log: Log = { ...silentLog, error: (fields) => void lines.push(fields) };
    const failure = new TypeError('a secret of ours');
    const send = await serve(only({ groupState: () => Promise.reject(failure) }), { log });
    const res = await send('GET', '/v1.0/T/groups/G/state?x=1');
    expect(res.status).toBe(500);
    expect(await res.json()).toEqual({
      error: { type: 'InternalError', code: 500, message: 'An Internal Error was encountered', details: '' },
    });
    expect(lines).toEqual([{ requestId: res.headers.get('x-response-id'), method: 'GET', path: '/v1.0/T/groups/G/state', error: failure }]);
  });
});

describe('pathWithoutSecret', () => {
  it.each([
    ['/v1.0/execute/1/0123abcd/', '/v1.0/execute/1/***/'],
    ['/v1.0/T/execute/1/0123abcd?x=y', '/v1.0/T/execute/1/***'],
    ['/v1.0/T/groups/G/policies/P/execute/', '/v1.0/T/groups/G/policies/P/execute/'],
    ['/v1.0/T/groups?marker=x', '/v1.0/T/groups'],
  ])('shows %s as %s', (originalUrl, shown) => {
    expect(pathWithoutSecret({ originalUrl })).toBe(shown);
  });
});
