/** The simulated cloud answers the same whether requests go over HTTP or stay in the process. */
import { type Clock, type JsonValue, later, milliseconds, seconds, seededRandom } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { fetchTransport, inProcessTransport, type Transport, TransportError, type WireRequest } from '@lutra/openstack';
import { cloudService, createCloudServer, faultRuleSchema, paces, virtualStart, World } from '@lutra/simulator';
import { afterEach, describe, expect, it } from 'vitest';

const tenantId = '829409';
const limits = { headers: milliseconds(150), body: milliseconds(100) };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Given {
  readonly faults?: readonly object[];
  readonly tokenChecks?: boolean;
}

/** Two clouds of one seed: behind HTTP, and in process. */
async function bothWays({ faults = [], tokenChecks = false }: Given = {}): Promise<Readonly<Record<'fetch' | 'inProcess', Transport>>> {
  const clock = nodeClock();
  const standing: Clock = { now: () => virtualStart, after: (delay) => clock.after(delay) };
  const pace = { ...paces.demo, latency: { kind: 'none' } as const };
  const world = () =>
    new World({ clock: standing, random: seededRandom(1), pace, tokenChecks, faults: faults.map((one) => faultRuleSchema.parse(one)) });
  const server = await createCloudServer(world(), { clock, publicUrl: 'http://cloud' });
  const overHttp = fetchTransport({ clock, limits });
  closing.push(
    () => server.close(),
    () => overHttp.close(),
  );
  return {
    fetch: {
      send: (request) =>
        overHttp.send({ ...request, endpoint: request.endpoint.replace('http://cloud', `http://127.0.0.1:${server.port}`) }),
    },
    inProcess: inProcessTransport(cloudService(world()), { clock, limits }),
  };
}

const requestOf = (method: WireRequest['method'], url: string, body?: JsonValue, token = 'T'): WireRequest => {
  const [path = '', query] = url.split('?');
  return {
    service: 'compute',
    endpoint: 'http://cloud',
    method,
    path,
    ...(query === undefined ? {} : { query }),
    headers: { 'x-auth-token': token },
    ...(body === undefined ? {} : { body }),
    deadline: later(nodeClock().now(), seconds(10)),
    signal: new AbortController().signal,
    mayStart: () => true,
  };
};

/** What a client sees of an exchange, but for what only sockets have. */
async function seen(transport: Transport, request: WireRequest): Promise<unknown> {
  try {
    const { status, headers, body } = await transport.send(request);
    const { connection: _, 'keep-alive': __, 'content-length': ___, ...rest } = headers;
    expect(headers.date).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
    return { status, headers: rest, body: structuredClone(body) };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { failure: error.failure, opened: error.opened };
  }
}

const servers = `/v2/${tenantId}/servers`;
const balancer = `/v1.0/${tenantId}/loadbalancers/237935`;
const web = { server: { name: 'web-1', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: 'performance1-1' } };
const requests: readonly (readonly [WireRequest['method'], string, JsonValue?])[] = [
  ['GET', '/'],
  ['GET', `${servers}/detail?limit=2`],
  ['POST', servers, web],
  ['POST', servers, web],
  ['POST', servers, web],
  ['GET', `${servers}/detail?limit=2`],
  ['GET', `${servers}/nosuch`],
  ['GET', `${servers}/a%2Fb`],
  ['POST', servers, { server: { name: 'web-1' } }],
  ['GET', '/nowhere'],
  ['GET', '/v2/%E0%A4%A'],
  ['POST', `${balancer}/nodes`, { nodes: [{ address: '10.0.0.1', port: 80, condition: 'ENABLED' }] }],
  ['GET', `${balancer}/nodes`],
  ['GET', `${balancer}/nodes/1.atom`],
  ['DELETE', `${balancer}/nodes?id=77`],
  ['GET', `/v3/${tenantId}/load_balancer_pools`],
  ['POST', '/v2.0/tokens', { auth: { passwordCredentials: { username: 'nobody', password: 'x' } } }],
  ['GET', '/control/rules'],
];

describe('cloudService', () => {
  it('answers as the cloud over HTTP does, but to those who would steer it', async () => {
    const { fetch, inProcess } = await bothWays();
    for (const [method, url, body] of requests) {
      const [http, here] = [await seen(fetch, requestOf(method, url, body)), await seen(inProcess, requestOf(method, url, body))];
      if (url.startsWith('/control')) expect([http, here]).toMatchObject([{ status: 200 }, { status: 403 }]);
      else expect([url, here]).toEqual([url, http]);
    }
  });

  it('asks for tokens as the cloud over HTTP does', async () => {
    const { fetch, inProcess } = await bothWays({ tokenChecks: true });
    const request = requestOf('GET', `${servers}/detail`);
    expect(await seen(inProcess, request)).toEqual(await seen(fetch, request));
    expect(await seen(inProcess, request)).toMatchObject({ status: 401 });
  });

  const wireFaults: readonly (readonly [object, unknown])[] = [
    [{ fault: 'response.lost' }, { failure: 'lost', opened: true }],
    [
      { fault: 'response.lost', params: { mode: 'timeout' } },
      { failure: 'timeout', opened: true },
    ],
    [{ fault: 'response.headers_stall' }, { failure: 'timeout', opened: true }],
    [{ fault: 'response.headers_stall', params: { for: '20ms' } }, { status: 200 }],
    [
      { fault: 'body.stall', params: { at_byte: 5 } },
      { failure: 'timeout', opened: true },
    ],
    [
      { fault: 'body.stall', params: { at_byte: 5, for: '20ms' } },
      { status: 200, body: { nodes: [] } },
    ],
    [
      { fault: 'body.truncate', params: { at_byte: 5 } },
      { failure: 'lost', opened: true },
    ],
    [
      { fault: 'body.truncate', params: { at_byte: 500 } },
      { failure: 'lost', opened: true },
    ],
    [{ fault: 'body.not_json' }, { status: 200, body: expect.stringMatching(/^<html>/) }],
    [
      { fault: 'body.not_json', params: { kind: 'text', code: 413 } },
      { status: 413, body: 'random repose response' },
    ],
    [
      { fault: 'body.not_json', params: { kind: 'empty', code: 404 } },
      { status: 404, body: undefined },
    ],
    [
      { fault: 'http.5xx', params: { code: 503, retry_after: 30 } },
      { status: 503, headers: { 'retry-after': '30' } },
    ],
    [{ fault: 'http.unexpected_2xx' }, { status: 202 }],
    [
      { fault: 'ratelimit', params: { retry_after: 20 } },
      { status: 413, headers: { 'retry-after': '20' } },
    ],
  ];
  it.each(wireFaults)('does to an answer what HTTP does: %j', async (fault, expected) => {
    const { fetch, inProcess } = await bothWays({ faults: [{ id: 'f', do: { stack: [fault] } }] });
    const request = requestOf('GET', `${balancer}/nodes`);
    const [http, here] = [await seen(fetch, request), await seen(inProcess, request)];
    expect(here).toMatchObject(expected as object);
    expect(here).toEqual(http);
  });

  it('breaks off a body that also stalls, and gives a body to an answer that has none', async () => {
    const stack = [
      { fault: 'body.stall', params: { at_byte: 5 } },
      { fault: 'body.truncate', params: { at_byte: 5 } },
    ];
    const cut = await bothWays({ faults: [{ id: 'f', do: { stack } }] });
    const read = requestOf('GET', `${balancer}/nodes`);
    expect([await seen(cut.inProcess, read), await seen(cut.fetch, read)]).toEqual(Array(2).fill({ failure: 'lost', opened: true }));
    const page = { id: 'f', when: { op: 'server.delete' }, do: { stack: [{ fault: 'body.not_json' }] } };
    const { fetch, inProcess } = await bothWays({ faults: [page] });
    for (const transport of [fetch, inProcess]) {
      const { id = '' } = ((await transport.send(requestOf('POST', servers, web))).body as { server: { id: string } }).server;
      const answer = await seen(transport, requestOf('DELETE', `${servers}/${id}`));
      expect(answer).toMatchObject({ status: 200, body: expect.stringMatching(/^<html>/) });
    }
  });

  it('says that nothing was sent if the connection is refused, which a listening server cannot', async () => {
    const { fetch, inProcess } = await bothWays({ faults: [{ id: 'f', do: { stack: [{ fault: 'connect.refuse' }] } }] });
    const request = requestOf('GET', `${balancer}/nodes`);
    expect(await seen(inProcess, request)).toEqual({ failure: 'unreachable', opened: false });
    expect(await seen(fetch, request)).toEqual({ failure: 'lost', opened: true });
  });
});
