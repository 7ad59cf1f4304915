import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { closeServedClouds, servedCloud } from '../testing/served-cloud.ts';

afterEach(closeServedClouds);

const status = (base: string, call: string, headers: Record<string, string>): Promise<number | undefined> => {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const [method, path = ''] = call.split(' ');
  request(base + path, { method, headers }, (res) => void res.resume().on('end', () => resolve(res.statusCode)))
    .on('error', reject)
    .end();
  return promise;
};
const foreign = { Origin: 'https://evil.example' };
const rebound = { Host: 'evil.example' };

describe('web pages', () => {
  it('do not drive a cloud that asks nobody for a token', async () => {
    const { base } = await servedCloud();
    for (const call of ['DELETE /v2/829409/servers/x', 'POST /v2.0/tokens', 'POST /control/time']) {
      expect(await status(base, call, foreign)).toBe(403);
      expect(await status(base, call, rebound)).toBe(403);
    }
    expect(await status(base, 'GET /control/snapshot', rebound)).toBe(403);
    expect(await status(base, 'GET /v2/829409/servers', {})).toBe(200);
    expect(await status(base, 'DELETE /v2/829409/servers/x', { Origin: base })).toBe(404);
  });

  it('may where their origin is allowed', async () => {
    const { base } = await servedCloud({}, { allowedOrigins: ['https://evil.example'] });
    expect(await status(base, 'DELETE /v2/829409/servers/x', { ...foreign, ...rebound })).toBe(404);
  });

  it('meet the checks of tokens where there are some, and are kept from control all the same', async () => {
    const { base } = await servedCloud({ tokenChecks: true });
    expect(await status(base, 'DELETE /v2/829409/servers/x', { ...foreign, ...rebound })).toBe(401);
    expect(await status(base, 'GET /control/snapshot', rebound)).toBe(403);
    expect(await status(base, 'POST /control/time', foreign)).toBe(403);
  });
});
