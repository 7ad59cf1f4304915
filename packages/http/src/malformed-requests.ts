import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, formatHttpDate } from '@lutra/core';

/** Why the listener refuses a request by itself: a status of HTTP, a name for programs and a sentence for people. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

/** A refusal as a service words it. The listener adds the length of the body, `Date` and `Connection: close`. */
export interface RefusalAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const refusal = (status: number, type: string, message: string): Refusal => ({ status, type, message });

/** What is wrong with bytes that are no request we take, by the code of Node's error. */
const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: refusal(431, 'RequestHeaderFieldsTooLarge', 'The headers of the request are larger than the limit of 16384 bytes.'),
  ERR_HTTP_REQUEST_TIMEOUT: refusal(408, 'RequestTimeout', 'The request did not arrive in time.'),
  HPE_INVALID_METHOD: refusal(405, 'InvalidMethod', 'This is not a method of HTTP.'),
};
const malformed = refusal(400, 'BadRequest', 'This is not a well-formed HTTP request.');

/** How refusals are worded, and by which clock they are dated. */
interface Wording {
  readonly clock: Clock;
  readonly refuse: (refusal: Refusal) => RefusalAnswer;
}

/**
 * Answers bytes that are no HTTP request, and ends the connection: what follows on it cannot be told apart. Says nothing when an answer
 * has begun or the client is gone.
 */
export function refuseMalformed(error: Error, socket: Duplex, { clock, refuse }: Wording): void {
  const code = 'code' in error ? String(error.code) : '';
  const begun = (socket as { _httpMessage?: { headersSent: boolean } | null })._httpMessage?.headersSent === true; // as Node itself asks
  if (code === 'ECONNRESET' || !socket.writable || begun) {
    socket.destroy();
    return;
  }
  const refused = refusals[code] ?? malformed;
  const { headers, body } = refuse(refused);
  const head = [
    `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Date: ${formatHttpDate(clock.now())}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
