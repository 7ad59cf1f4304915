import { connect } from 'node:net';
import { seededRandom } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { afterEach, describe, expect, it } from 'vitest';
import { faultRuleSchema } from '../faults/fault-rule.ts';
import { rule } from '../testing/faulty-cloud.ts';
import { loadBalancerId, tenantId } from '../testing/small-cloud.ts';
import { paces } from '../world/pace.ts';
import { World } from '../world/world.ts';
import { type CloudServer, createCloudServer } from './cloud-server.ts';

const servers: CloudServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const path = `/v1.0/${tenantId}/loadbalancers/${loadBalancerId}/nodes`;
const whole = '{"nodes":[]}';

async function served(...rules: readonly object[]): Promise<CloudServer> {
  const pace = { ...paces.demo, latency: { kind: 'none' } as const };
  const world = new World({
    clock: nodeClock(),
    random: seededRandom(1),
    pace,
    tokenChecks: false,
    faults: rules.map((one) => faultRuleSchema.parse(one)),
  });
  const server = await createCloudServer(world, { clock: nodeClock() });
  servers.push(server);
  return server;
}
const ask = async (server: CloudServer, signal?: AbortSignal) => {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { ...(signal === undefined ? {} : { signal }) });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    retryAfter: response.headers.get('retry-after'),
    text: await response.text(),
  };
};
/** The bytes that come on a plain socket until `enough` says so, or until it is closed. */
async function bytesOf(
  { port }: CloudServer,
  enough: (text: string) => boolean = () => false,
): Promise<{ text: string; closed: boolean; broken: boolean }> {
  return new Promise((resolve) => {
    let text = '';
    let broken = false;
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`));
    socket.on('data', (bytes) => {
      text += bytes.toString();
      if (enough(text)) {
        resolve({ text, closed: false, broken });
        socket.destroy();
      }
    });
    socket.on('error', () => {
      broken = true;
    });
    socket.on('close', () => resolve({ text, closed: true, broken }));
  });
}
const bodyIn = (text: string): string => text.split('\r\n\r\n')[1] ?? '';

describe('faults of the transport, on the wire', () => {
  it('connect.refuse, connect.timeout and response.lost break the connection before any byte', async () => {
    for (const one of [rule('connect.refuse'), rule('connect.timeout', { after: '20ms' }), rule('response.lost')]) {
      expect(await bytesOf(await served(one))).toEqual({ text: '', closed: true, broken: true });
    }
  });

  it('response.headers_stall sends nothing, then all', async () => {
    const answer = await ask(await served(rule('response.headers_stall', { for: '30ms' })));
    expect(answer).toMatchObject({ status: 200, text: whole });
  });

  it('response.headers_stall and response.lost without end keep the connection open and silent', async () => {
    for (const one of [rule('response.headers_stall'), rule('response.lost', { mode: 'timeout' })]) {
      const server = await served(one);
      await expect(ask(server, AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'TimeoutError' });
    }
  });

  it('body.stall sends headers and a part, then waits with the connection open', async () => {
    const { text, closed } = await bytesOf(await served(rule('body.stall', { at_byte: 5 })), (so) => bodyIn(so).length >= 5);
    expect([bodyIn(text), closed]).toEqual([whole.slice(0, 5), false]);
    expect(text).toContain(`Content-Length: ${whole.length}\r\n`);
    expect(await ask(await served(rule('body.stall', { at_byte: 5, for: '30ms' })))).toMatchObject({ status: 200, text: whole });
  });

  it('body.truncate sends headers and a part, then breaks off', async () => {
    const server = await served(rule('body.truncate', { at_byte: 5 }));
    const { text, closed } = await bytesOf(server);
    expect([bodyIn(text), closed]).toEqual([whole.slice(0, 5), true]);
    await expect(ask(server)).rejects.toThrow();
    await expect(ask(await served(rule('body.truncate', { at_byte: 500 })))).rejects.toThrow();
  });

  it('body.not_json sends pages, plain words or nothing, with any status', async () => {
    expect(await ask(await served(rule('body.not_json')))).toMatchObject({
      status: 200,
      type: 'text/html',
      text: expect.stringMatching(/^<html>/),
    });
    expect(await ask(await served(rule('body.not_json', { kind: 'text', code: 413 })))).toMatchObject({
      status: 413,
      type: 'text/plain',
      text: 'random repose response',
    });
    expect(await ask(await served(rule('body.not_json', { kind: 'empty', code: 404 })))).toMatchObject({ status: 404, text: '' });
  });

  it('http.5xx and http.unexpected_2xx have their status, and what belongs to it', async () => {
    expect(await ask(await served(rule('http.5xx', { code: 503, retry_after: 30 })))).toMatchObject({
      status: 503,
      retryAfter: '30',
      text: '{"message":"Service Unavailable","code":503}',
    });
    expect(await ask(await served(rule('http.5xx', { code: 502, body: 'Bad Gateway' })))).toMatchObject({
      status: 502,
      type: 'text/plain',
      text: 'Bad Gateway',
    });
    expect(await ask(await served(rule('http.unexpected_2xx')))).toMatchObject({ status: 202, text: whole });
  });

  it('ratelimit says when to come back, in the header and in the body', async () => {
    expect(await ask(await served(rule('ratelimit', { retry_after: 20 })))).toMatchObject({
      status: 413,
      retryAfter: '20',
      text: expect.stringMatching(
        /^\{"overLimit":\{"message":"OverLimit Retry...","code":413,"details":"Error Details...","retryAfter":"\d{4}(-\d\d){2}T\d\d(:\d\d){2}Z"\}\}$/,
      ),
    });
  });
});
