import { type Log, LutraError, silentLog } from '@lutra/core';
import { from, NEVER, timer } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { abandon, clock, errorType, only, serve, stopServing } from '../testing/served-app.ts';

afterEach(stopServing);

describe('addCapabilities', () => {
  it('answers 202 without a body whatever comes of it, for any version', async () => {
    const hashes: string[] = [];
    const log: Log = { ...silentLog, error: () => {} };
    const send = await serve(
      only({
        executeCapability: async (hash) => {
          hashes.push(hash);
          if (hash === 'bad') throw new TypeError('ours');
        },
      }),
      { log },
    );
    for (const path of ['/v1.0/execute/1/a', '/v1.0/execute/99/b/', '/v1.0/execute/1/bad', '/v1.0/T/execute/1/c/']) {
      const res = await send('POST', path);
      expect([res.status, await res.text(), res.headers.get('content-type')]).toEqual([202, '', 'application/json']);
    }
    expect(hashes).toEqual(['a', 'b', 'bad', 'c']);
  });

  it('tells that the store is out of reach, at once or after five seconds', async () => {
    const unavailable = () => Promise.reject(new LutraError('unavailable', 'no store'));
    const send = await serve(only({ executeCapability: unavailable }));
    expect(await errorType(await send('POST', '/v1.0/execute/1/a'))).toBe('ServiceUnavailable');
    await stopServing();
    const delays: number[] = [];
    const hurried = { now: clock.now, after: (delay: number) => timer(delays.push(delay) * 0) };
    const slow = await serve(only({ executeCapability: () => new Promise(() => {}) }), { clock: hurried as never });
    const res = await slow('POST', '/v1.0/execute/1/a');
    expect([res.status, delays]).toEqual([503, [5_000, 25]]);
  });

  it('answers no sooner for a hash that is quickly found to be none', async () => {
    const { promise: floor, resolve: pass } = Promise.withResolvers<void>();
    const held = { now: clock.now, after: (delay: number) => (delay === 25 ? from(floor) : NEVER) };
    const send = await serve(only({ executeCapability: async () => {} }), { clock: held as never });
    let status: number | undefined;
    const answered = send('POST', '/v1.0/execute/1/a').then((res) => {
      status = res.status;
    });
    await send('GET', '/health');
    expect(status).toBeUndefined();
    pass();
    await answered;
    expect(status).toBe(202);
    abandon(); // its clock never moves
  });

  it('never logs the hash', async () => {
    const lines: string[] = [];
    const log: Log = { ...silentLog, error: (fields, message) => void lines.push(JSON.stringify(fields) + message) };
    const send = await serve(only({ executeCapability: () => Promise.reject(new Error('x')) }), { log });
    await send('POST', '/v1.0/execute/1/0123456789abcdef');
    await stopServing();
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain('0123456789abcdef');
  });
});
