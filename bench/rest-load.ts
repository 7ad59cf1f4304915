/**
 * A client that costs little: raw connections, each with one request under way. It never sleeps while it measures: to wake a thread that
 * does is up to whoever sends it something, here the server, in whose system call it takes longer than all the rest (docs/measurements.md).
 */
import { once } from 'node:events';
import { connect } from 'node:net';

export interface Load {
  readonly port: number;
  readonly method: string;
  /** Taken in turn. */
  readonly paths: readonly string[];
  readonly body?: string | undefined;
}

const connections = 32;

/** Requests per second over `span` ms, how many there were, and the last body. Throws when an answer is none of `statuses`. */
export async function requestsPerSecond(
  { port, method, paths, body }: Load,
  span: number,
  statuses: RegExp,
): Promise<{ readonly rate: number; readonly answered: number; readonly last: Buffer }> {
  const requests = paths.map((path) => Buffer.from(requestText(method, path, body)));
  let [answered, next] = [0, 0];
  let last: Buffer = Buffer.alloc(0);
  const begun = performance.now();
  const end = begun + span;
  const stayAwake = (): void => {
    if (performance.now() < end) setImmediate(stayAwake);
  };
  stayAwake();
  const run = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    await once(socket, 'connect');
    let received: Buffer = Buffer.alloc(0);
    const ask = (): void => void socket.write(requests[next++ % requests.length] ?? '');
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const head = received.indexOf('\r\n\r\n');
      if (head < 0) return;
      const text = received.toString('latin1', 0, head);
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (received.length < head + 4 + length) return;
      if (!statuses.test(text.slice(9, 12))) socket.destroy(new Error(`${method} ${paths[0]}: ${received.toString()}`));
      last = received.subarray(head + 4);
      received = Buffer.alloc(0);
      answered += 1;
      if (performance.now() < end) ask();
      else socket.end();
    });
    ask();
    await once(socket, 'close');
  };
  await Promise.all(Array.from({ length: connections }, run));
  return { rate: answered / ((performance.now() - begun) / 1000), answered, last };
}

function requestText(method: string, path: string, body: string | undefined): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'X-Auth-Token: token'];
  if (method === 'POST') lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body ?? '')}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}
