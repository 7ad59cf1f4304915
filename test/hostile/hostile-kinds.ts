/**
 * Hostile connections as data: what is sent, how far, and how the client leaves. Each kind is one connection; `beHostile` makes it. Used by
 * test/hostile-connections.test.ts, and by test/hostile/torture.ts in large numbers.
 */
import { METHODS } from 'node:http';

/** How far a client gets before it leaves. */
const stops = ['before any byte', 'in the head', 'after the head', 'in the body', 'after the request', 'in the answer'] as const;
/** How it leaves: by RST, by FIN of its half while it goes on reading, or by closing everything. */
const leavings = ['reset', 'half-close', 'close'] as const;

export interface HostileKind {
  readonly name: string;
  /** What a whole request would be. `body` may be missing, or be none. */
  readonly head: string;
  readonly body: string;
  readonly stop: (typeof stops)[number];
  readonly leaving: (typeof leavings)[number];
}

interface HostileRequest {
  readonly name: string;
  readonly head: string;
  readonly body?: string;
}

const request = (method: string, target: string, ...headers: readonly string[]): string =>
  `${[`${method} ${target} HTTP/1.1`, 'Host: localhost', ...headers].join('\r\n')}\r\n\r\n`;
const post = (...headers: readonly string[]): string => request('POST', '/', ...headers);
const withBody = (name: string, body: string, ...headers: readonly string[]): HostileRequest => ({ name, head: post(...headers), body });

const methods = [...METHODS, 'PRI', 'get', 'Get', 'FROBNICATE', 'G', 'CONNECT'.toLowerCase()];
const ofEveryMethod = methods.flatMap((method): readonly HostileRequest[] => [
  { name: `${method} of a path`, head: request(method, '/') },
  { name: `${method} of a name and port`, head: request(method, 'localhost:1') },
  { name: `${method} with a body`, head: request(method, '/', 'Content-Length: 10'), body: '0123456789' },
]);
const ofUpgrades = ['h2c', 'websocket', 'TLS/1.0', 'x'].flatMap((protocol): readonly HostileRequest[] => {
  const headers = [
    'Connection: Upgrade, HTTP2-Settings',
    `Upgrade: ${protocol}`,
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    'Sec-WebSocket-Key: x',
  ];
  return [
    { name: `upgrade to ${protocol}`, head: request('GET', '/', ...headers) },
    { name: `upgrade to ${protocol} with a body`, head: post(...headers, 'Content-Length: 10'), body: '0123456789' },
  ];
});
const ofOtherProtocols: readonly HostileRequest[] = [
  { name: 'the preface of HTTP/2', head: 'PRI * HTTP/2.0\r\n\r\n', body: 'SM\r\n\r\n\0\0\0\x04\0\0\0\0\0' },
  { name: 'a hello of TLS', head: '\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03', body: '\0'.repeat(35) },
  { name: 'SSH', head: 'SSH-2.0-OpenSSH_9.6\r\n' },
  { name: 'HTTP/0.9', head: 'GET /\r\n\r\n' },
  { name: 'HTTP/1.0', head: 'GET / HTTP/1.0\r\n\r\n' },
  { name: 'RTSP', head: 'DESCRIBE / RTSP/1.0\r\n\r\n' },
  { name: 'empty lines', head: '\r\n'.repeat(500) },
  { name: 'zeros', head: '\0'.repeat(500) },
];
const ofBadHeads: readonly HostileRequest[] = [
  { name: 'headers without end', head: request('GET', '/', `X: ${'x'.repeat(20_000)}`) },
  { name: 'a target without end', head: request('GET', `/${'x'.repeat(20_000)}`) },
  { name: 'a thousand headers', head: request('GET', '/', ...Array.from({ length: 1000 }, (_, n) => `X${n}: x`)) },
  { name: 'a line break in a target', head: request('GET', '/\n/') },
  { name: 'a header without a name', head: request('GET', '/', ': x') },
  { name: 'a folded header', head: request('GET', '/', 'X: a\r\n b') },
  { name: 'two lengths', head: post('Content-Length: 1', 'Content-Length: 2'), body: 'xx' },
  { name: 'a length that is no number', head: post('Content-Length: 1x'), body: 'x' },
  { name: 'a negative length', head: post('Content-Length: -1'), body: 'x' },
  { name: 'a length beyond all numbers', head: post(`Content-Length: ${'9'.repeat(40)}`), body: 'x' },
  { name: 'two framings', head: post('Content-Length: 5', 'Transfer-Encoding: chunked'), body: '0\r\n\r\n' },
  { name: 'an unknown expectation', head: post('Expect: wonders', 'Content-Length: 2'), body: 'xx' },
  { name: 'an expectation', head: post('Expect: 100-continue', 'Content-Length: 2'), body: 'xx' },
];
const ofBadBodies: readonly HostileRequest[] = [
  ...['gzip', 'identity', 'gzip, chunked', 'chunked, chunked', 'xchunked', ''].map((coding) =>
    withBody(`the transfer coding "${coding}"`, '0\r\n\r\n', `Transfer-Encoding: ${coding}`),
  ),
  withBody('chunks', '5\r\nhello\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'),
  withBody('a malformed chunk', 'zz\r\nhello\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'),
  withBody('a chunk without end', `5;${'x'.repeat(20_000)}\r\nhello`, 'Transfer-Encoding: chunked'),
  withBody('trailers without end', `0\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'Transfer-Encoding: chunked'),
  withBody('a body that is too large', 'x'.repeat(3_000_000), 'Content-Type: application/json', 'Content-Length: 3000000'),
  withBody('a body much longer than it says', 'x'.repeat(500_000), 'Content-Length: 1'),
];
const ofPipelines: readonly HostileRequest[] = [
  { name: 'a hundred requests at once', head: request('GET', '/').repeat(100) },
  { name: 'ten thousand requests at once', head: request('GET', '/').repeat(10_000) },
  { name: 'requests behind the last one', head: request('GET', '/', 'Connection: close').repeat(3) },
  { name: 'a tunnel behind a request', head: request('GET', '/') + request('CONNECT', 'localhost:1') },
  { name: 'no request behind a request', head: `${request('GET', '/')}no request\r\n\r\n` },
];

/** Stops at which a request without a body is no different. */
const needBody: readonly HostileKind['stop'][] = ['after the head', 'in the body'];

export const hostileKinds: readonly HostileKind[] = [
  ...ofEveryMethod,
  ...ofUpgrades,
  ...ofOtherProtocols,
  ...ofBadHeads,
  ...ofBadBodies,
  ...ofPipelines,
].flatMap(({ name, head, body = '' }) =>
  stops
    .filter((stop) => body !== '' || !needBody.includes(stop))
    .flatMap((stop) => leavings.map((leaving): HostileKind => ({ name: `${name}, ${leaving} ${stop}`, head, body, stop, leaving }))),
);
