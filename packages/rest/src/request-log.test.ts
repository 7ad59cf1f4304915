import { type Log, silentLog } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { clock, only, serve, stopServing } from './testing/served-app.ts';

afterEach(stopServing);

describe('requestLog', () => {
  it('logs and counts each request by its route, with its id, tenant and group, and never by its path', async () => {
    const lines: object[] = [];
    const log: Log = { ...silentLog, info: (fields) => void lines.push(fields) };
    const metrics = createMetrics(clock);
    const send = await serve(only({ pauseGroup: async () => {}, executeCapability: async () => {} }), { log, metrics });
    const paused = await send('POST', '/v1.0/T/groups/G/pause/');
    await send('POST', '/v1.0/execute/1/a-hash/');
    await send('GET', '/nothing');
    const text = await (await send('GET', '/metrics')).text();
    await stopServing();
    expect(lines).toEqual([
      {
        requestId: paused.headers.get('x-response-id'),
        method: 'POST',
        route: '/v1.0/:tenantId/groups/:groupId/pause',
        tenantId: 'T',
        groupId: 'G',
        status: 204,
        ms: expect.any(Number),
      },
      { requestId: expect.any(String), method: 'POST', route: '/v1.0/execute/:version/:hash', status: 202, ms: expect.any(Number) },
      { requestId: expect.any(String), method: 'GET', route: 'none', status: 404, ms: expect.any(Number) },
    ]);
    expect(text).toContain('lutra_http_requests_total{route="/v1.0/:tenantId/groups/:groupId/pause",method="POST",status="204"} 1');
    expect(text).not.toContain('a-hash');
  });
});
