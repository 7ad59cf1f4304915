/** Requests that no client should send: whatever comes, the host answers in the documented format, in time, and never with a 5xx of its own. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { nodeClock } from '@lutra/core/node';
import { createMetrics, tokenList } from '@lutra/rest';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unlikeDescribed } from './api-description.ts';
import { groupConfiguration, launchConfiguration, newGroup, policy, type RestApi, startRestApi } from './rest-client.ts';

const { PROPERTY_RUNS } = process.env;
/** Requests tried; the usual torture, with 1,000 runs per property, takes 20,000. */
const runs = PROPERTY_RUNS === undefined ? 300 : 20 * Number(PROPERTY_RUNS);
/** An answer that takes longer counts as none, ms. */
const patience = 10_000;

let api: RestApi;
/** The same, but asking for tokens and counting requests. */
let guarded: RestApi;
const segments = ['groups', 'policies', 'webhooks', 'servers', 'config', 'launch', 'state', 'pause', 'execute', 'limits', 'converge'];
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

const hostile = fc.constantFrom(
  '%',
  '%00',
  '%ff',
  '..',
  '.',
  '',
  '__proto__',
  'constructor',
  '%2e%2e',
  "'",
  '%F0%9F%98%80',
  '*',
  '\\',
  '[',
  'x'.repeat(5000),
);
const segment = fc.oneof(fc.constantFrom(...segments), hostile, fc.webSegment(), fc.uuid());
const path = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 1000 }).map((index) => paths[index % paths.length] ?? '/') },
  { weight: 1, arbitrary: fc.array(segment, { maxLength: 9 }).map((parts) => `/v1.0/T/${parts.join('/')}`) },
  { weight: 1, arbitrary: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`) },
);
/** Targets that are no paths: a path as a URL, and what is neither. */
const target = fc.oneof(
  { weight: 9, arbitrary: path },
  { weight: 1, arbitrary: path.map((each) => `http://name${each}`) },
  { weight: 1, arbitrary: fc.constantFrom('*', 'name:80', 'http://', 'http://[::1/health', 'http:///', 'ftp://name/health', 'a:b:c') },
);
const query = fc.oneof(
  fc.constant(''),
  fc
    .array(
      fc.tuple(
        fc.constantFrom('limit', 'marker', 'force', 'webhooks', 'replace', 'purge', '__proto__', '%'),
        fc.oneof(hostile, fc.webQueryParameters(), fc.constantFrom('true', '1e3', '-1')),
      ),
      { maxLength: 4 },
    )
    .map((pairs) => `?${pairs.map(([key, value]) => `${key}=${value}`).join('&')}`),
);
const documents = [newGroup, groupConfiguration, launchConfiguration, policy, [policy], [{ name: 'a' }], { name: 'a', metadata: {} }];
/** A good document with one of its values replaced by any other. */
const mutated = fc
  .tuple(
    fc.constantFrom<unknown>(...documents),
    fc.nat(),
    fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(1e308, -0, '\ud800', '__proto__')),
  )
  .map(([document, at, value]) => {
    let count = 0;
    const text = JSON.stringify(document);
    const places = (text.match(/[:[,]/g) ?? []).length;
    return JSON.stringify(JSON.parse(text), (_key, inner) => (count++ === 1 + (at % Math.max(1, places)) ? value : inner)) ?? '';
  });
const body = fc.oneof(
  mutated,
  fc.json(),
  fc.constantFrom(...documents.map((each) => JSON.stringify(each))),
  fc.constantFrom('', '{', '[1,', '{}{}', '{"a":1e400}', '{"__proto__":{"x":1}}', `${'['.repeat(3000)}`, '1.0', '"\\ud800"', 'null'),
  fc.string({ unit: 'binary', maxLength: 200 }),
);
const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD') },
  { weight: 1, arbitrary: fc.constantFrom('DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'CONNECT', 'get', 'FROB', 'LINK') },
);
const header = fc.oneof(
  fc.tuple(
    fc.constant('Content-Type'),
    fc.constantFrom('application/json', 'text/plain', 'application/json; charset=utf-16', '', 'application/xml'),
  ),
  fc.tuple(fc.constant('Content-Encoding'), fc.constantFrom('gzip', 'identity', 'br')),
  fc.tuple(fc.constant('Accept'), fc.constantFrom('application/xml', '*/*', 'text/html;q=0')),
  fc.tuple(fc.constant('Expect'), fc.constantFrom('100-continue', 'wonders')),
  fc.tuple(fc.constant('X-Auth-Token'), fc.oneof(fc.constantFrom('good', 'poor'), fc.string({ unit: fc.constantFrom(...'aZ0 ,;') }))),
  fc.tuple(fc.constant('Transfer-Encoding'), fc.constantFrom('chunked', 'gzip', 'chunked, chunked')),
  fc.tuple(
    fc.constantFrom('X-Forwarded-For', 'Upgrade', 'Range', 'If-Match', 'If-None-Match', 'Host', 'Cookie'),
    fc.constantFrom('*', 'h2c', 'bytes=0-1', ','),
  ),
);

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
    const request = fc.record({
      method,
      target,
      query,
      body,
      headers: fc.array(header, { maxLength: 3 }),
      length: fc.constantFrom(0, 0, 0, 1, -1),
      host: fc.constantFrom('open', 'open', 'guarded'),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ method, target, query, body, headers, length, host }) => {
        const sent = Buffer.from(body, 'utf8');
        const framing = headers.some(([name]) => name === 'Transfer-Encoding')
          ? []
          : [`Content-Length: ${Math.max(0, sent.length + Math.min(0, length))}`];
        const lines = [
          `${method} ${target}${query} HTTP/1.1`,
          'Connection: close',
          ...framing,
          ...headers.map(([name, value]) => `${name}: ${value}`),
        ];
        const chunked = headers.some(([, value]) => value === 'chunked');
        const payload = chunked
          ? Buffer.concat([Buffer.from(`${sent.length.toString(16)}\r\n`), sent, Buffer.from('\r\n0\r\n\r\n')])
          : sent;
        const text = await exchange(host === 'open' ? api : guarded, `${lines.join('\r\n')}\r\n\r\n`, payload);
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
