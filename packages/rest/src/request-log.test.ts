import { connect } from 'node:net';
import { type Log, silentLog } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { clock, only, serve, servedRoot, stopServing } from './testing/served-app.ts';

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

  it('tells of a client that went away before its answer', async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: told, resolve: tell } = Promise.withResolvers<object>();
    const never = () => {
      ask();
      return new Promise<never>(() => {});
    };
    await serve(only({ groupState: never }), { log: { ...silentLog, info: tell } });
    const socket = connect(Number(new URL(servedRoot()).port), '127.0.0.1');
    socket.write('GET /v1.0/T/groups/G/state HTTP/1.1\r\n\r\n');
    await asked;
    socket.destroy();
    expect(await told).toMatchObject({ tenantId: 'T', groupId: 'G', unfinished: true });
  });
});
