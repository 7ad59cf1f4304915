import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { only, serve, servedRoot, stopServing } from './testing/served-app.ts';

afterEach(stopServing);

/** Status and type of the answer; fetch would not send a Host or an Origin of ours. */
async function ask(method: string, path: string, headers: Record<string, string>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request(servedRoot() + path, { method, headers }, (res) => {
    text(res).then((body) => resolve(`${res.statusCode} ${body === '' ? '' : (JSON.parse(body).error?.type ?? '')}`.trim()), reject);
  })
    .on('error', reject)
    .end();
  return promise;
}

const executed: string[] = [];
const autoscaler = only({
  pauseGroup: async () => undefined,
  executeCapability: async (hash) => void executed.push(hash),
});
const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
const rebound = { Host: 'evil.example:8080' };

describe('refuseForeignPages', () => {
  it('answers pages of other origins, and rebound names, with 403 in the format of every error', async () => {
    await serve(autoscaler);
    expect(await ask('POST', '/v1.0/T/groups/G/pause', foreign)).toBe('403 Forbidden');
    expect(await ask('POST', '/v1.0/T/groups/G/pause', { Origin: 'null' })).toBe('403 Forbidden');
    for (const path of ['/', '/health', '/v1.0/T/groups', '/nowhere']) expect(await ask('GET', path, rebound)).toBe('403 Forbidden');
    expect(await ask('DELETE', '/v1.0/T/groups/G', rebound)).toBe('403 Forbidden');
  });

  it('lets clients, the own page and allowed origins pass', async () => {
    await serve(autoscaler, { pages: { allowedOrigins: ['https://dashboard.example'] } });
    for (const headers of [{}, { Origin: servedRoot() }, { Origin: 'https://dashboard.example' }, { Host: 'api.example' }]) {
      expect(await ask('POST', '/v1.0/T/groups/G/pause', headers as Record<string, string>)).toBe('204');
    }
  });

  it('lets everybody call capability URLs, and only those', async () => {
    await serve(autoscaler);
    const everybody = { ...foreign, ...rebound };
    for (const path of ['/v1.0/execute/1/one', '/v1.0/execute/1/two/', '/v1.0/T/execute/1/three/']) {
      expect(await ask('POST', path, everybody)).toBe('202');
    }
    expect(executed).toEqual(['one', 'two', 'three']);
    for (const path of [
      '/v1.0/T/groups/execute/1/x/',
      '/v1.0/T/groups/G/policies/P/execute/',
      '//v1.0/execute/1/x',
      '/v1.0/execute/groups/G',
    ]) {
      expect(await ask('POST', path, everybody)).toBe('403 Forbidden');
    }
    expect(await ask('GET', '/v1.0/execute/1/one', everybody)).toBe('403 Forbidden');
  });

  it('does not look where a token is asked for', async () => {
    await serve(autoscaler, { authenticator: { authenticate: async () => undefined, challenge: 'Token' } });
    expect(await ask('POST', '/v1.0/T/groups/G/pause', { ...foreign, ...rebound })).toBe('401 InvalidCredentials');
  });
});
