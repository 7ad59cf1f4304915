/** Requests that no client should send: whatever comes, the host answers in the documented format, in time, and never with a 5xx of its own. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { nodeClock } from '@lutra/core/node';
import { createMetrics, tokenList } from '@lutra/rest';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unlikeDescribed } from './api-description.ts';
import { bytesOf, hostileRequests } from './hostile/requests.ts';
import { newGroup, policy, type RestApi, startRestApi } from './rest-client.ts';

const { PROPERTY_RUNS } = process.env;
/** Requests tried; the usual torture, with 1,000 runs per property, takes 20,000. */
const runs = PROPERTY_RUNS === undefined ? 300 : 20 * Number(PROPERTY_RUNS);
/** An answer that takes longer counts as none, ms. */
const patience = 10_000;

let api: RestApi;
/** The same, but asking for tokens and counting requests. */
let guarded: RestApi;
const paths: string[] = ['/', '/health', '/metrics', '/docs', '/openapi.json', '/v1.0/T/limits', '/v1.0/T/groups', '/v1.0/execute/1/abc'];
const failures: unknown[] = [];
const note = (error: unknown): void => void failures.push(error);
beforeAll(async () => {
  process.on('unhandledRejection', note).on('uncaughtException', note);
  api = await startRestApi({ limits: { groups: 50, policiesPerGroup: 50, webhooksPerPolicy: 25 } });
  const authenticator = tokenList({ good: { tenants: ['T'], roles: ['admin'] }, poor: { tenants: ['T'], roles: ['observer'] } });
  const rate = { value: 20, unit: 'SECOND' } as const;
  guarded = await startRestApi(
    {},
    {},
    { authenticator, rates: { tenant: () => rate, execute: rate }, metrics: createMetrics(nodeClock()) },
  );
  const { body } = await api.send('POST', '/v1.0/T/groups', { ...newGroup, scalingPolicies: [policy] });
  const group = `/v1.0/T/groups/${body.group.id}`;
  const up = `${group}/policies/${body.group.scalingPolicies[0].id}`;
  const hooks = await api.send('POST', `${up}/webhooks`, [{ name: 'a' }]);
  paths.push(group, up, `${up}/execute`, `${up}/webhooks`, `${up}/webhooks/${hooks.body.webhooks[0].id}`, `${group}/policies`);
  for (const name of ['state', 'config', 'launch', 'pause', 'resume', 'converge', 'servers', 'servers/x']) paths.push(`${group}/${name}`);
});
afterAll(async () => {
  process.off('unhandledRejection', note).off('uncaughtException', note);
  await Promise.all([api.close(), guarded.close()]);
});

/** Sends the bytes of a request on a connection of its own and reads until it ends. */
async function exchange(host: RestApi, head: string, sent: Buffer): Promise<string> {
  const socket = connect(Number(new URL(host.root).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => (text += chunk));
  socket.on('error', () => {}); // the host may close before it has read everything
  socket.write(head, 'latin1');
  socket.write(sent);
  const signal = AbortSignal.timeout(patience);
  if (!socket.closed) await once(socket, 'close', { signal });
  return text;
}

describe('any request', () => {
  it('is answered in the documented format and in time, never with a failure of ours', { timeout: 3_600_000 }, async () => {
    const request = fc.tuple(hostileRequests(paths), fc.constantFrom('open', 'open', 'guarded'));
    await fc.assert(
      fc.asyncProperty(request, async ([asked, host]) => {
        const { head, sent } = bytesOf(asked);
        const { method, target } = asked;
        const text = await exchange(host === 'open' ? api : guarded, head, sent);
        expectDocumented(method, target, text);
      }),
      { numRuns: runs },
    );
    expect(failures).toEqual([]);
    expect((await api.send('GET', '/v1.0/T/groups')).status).toBe(200);
  });
});

/** What is told of requests that are for no resource, so that no operation is described to answer with it. */
const ofNoOperation = /"type":"(?:NotFound|InvalidMethod|BadRequest|RequestTimeout|RequestHeaderFieldsTooLarge|NotImplemented)"/;

function expectDocumented(method: string, target: string, text: string): void {
  if (method === 'CONNECT' && text === '') return; // a tunnel is closed without an answer
  const end = text.indexOf('\r\n\r\n');
  const start = text.startsWith('HTTP/1.1 100') ? end + 4 : 0;
  const [head = '', rest = ''] = [text.slice(start, text.indexOf('\r\n\r\n', start)), text.slice(text.indexOf('\r\n\r\n', start) + 4)];
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
  expect(status, text.slice(0, 300)).toBeGreaterThanOrEqual(200);
  expect([501, ...Array.from({ length: 300 }, (_, index) => 200 + index)], text.slice(0, 300)).toContain(status);
  expect(head).toMatch(/\r\ncontent-type: \S/i);
  expect(head).toMatch(/\r\nx-response-id: [0-9a-f-]{36}/i);
  if (!ofNoOperation.test(rest) && /^[A-Z]+$/.test(method) && (method !== 'HEAD' || status < 400)) {
    const contentType = /\r\ncontent-type: ([^\r]+)/i.exec(head)?.[1] ?? null;
    expect(unlikeDescribed(method, target.replace(/^http:\/\/name/, ''), status, contentType, rest)).toBeUndefined();
  }
  if (status < 400 || method === 'HEAD') return;
  expect(JSON.parse(rest)).toEqual({ error: { type: expect.any(String), code: status, message: expect.any(String), details: '' } });
}
