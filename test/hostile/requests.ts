/** Requests over HTTP/1.1 that no client should send, as data: for property tests and for the torture of running hosts. */
import fc from 'fast-check';
import { exampleGroup } from '../../packages/cli/src/example-group.ts';

/** A request before it is bytes. */
export interface HostileRequest {
  readonly method: string;
  readonly target: string;
  readonly query: string;
  readonly body: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What the Content-Length is wrong by. */
  readonly length: number;
}

const segments = ['groups', 'policies', 'webhooks', 'servers', 'config', 'launch', 'state', 'pause', 'execute', 'limits', 'converge'];

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
/** A path: one of `paths`, which may be filled later, or one that nobody expects. */
const pathAmong = (paths: readonly string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 1000 }).map((index) => paths[index % paths.length] ?? '/') },
    { weight: 1, arbitrary: fc.array(segment, { maxLength: 9 }).map((parts) => `/v1.0/T/${parts.join('/')}`) },
    { weight: 1, arbitrary: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`) },
  );
/** Targets that are no paths: a path as a URL, and what is neither. */
const targetAmong = (paths: readonly string[]) =>
  fc.oneof(
    { weight: 9, arbitrary: pathAmong(paths) },
    { weight: 1, arbitrary: pathAmong(paths).map((each) => `http://name${each}`) },
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
const { groupConfiguration, launchConfiguration, scalingPolicies } = exampleGroup;
const [policy] = scalingPolicies;
const documents = [
  exampleGroup,
  groupConfiguration,
  launchConfiguration,
  policy,
  scalingPolicies,
  [{ name: 'a' }],
  { name: 'a', metadata: {} },
];
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

/** Hostile requests to `paths`, which may be filled later, and to paths at which nothing is. */
export const hostileRequests = (paths: readonly string[]): fc.Arbitrary<HostileRequest> =>
  fc.record({
    method,
    target: targetAmong(paths),
    query,
    body,
    headers: fc.array(header, { maxLength: 3 }),
    length: fc.constantFrom(0, 0, 0, 1, -1),
  });

/** The head and the body of a request, as they are sent. */
export function bytesOf({ method, target, query, body, headers, length }: HostileRequest): {
  readonly head: string;
  readonly sent: Buffer;
} {
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
  const payload = chunked ? Buffer.concat([Buffer.from(`${sent.length.toString(16)}\r\n`), sent, Buffer.from('\r\n0\r\n\r\n')]) : sent;
  return { head: `${lines.join('\r\n')}\r\n\r\n`, sent: payload };
}
