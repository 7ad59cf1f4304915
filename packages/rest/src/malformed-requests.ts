import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, formatHttpDate, type Random } from '@lutra/core';

/** What is wrong with bytes that are no request we take, by the code of Node's error: status, type and message of the answer. */
const refusals: Readonly<Record<string, readonly [status: number, type: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'RequestHeaderFieldsTooLarge', 'The headers of the request are larger than the limit of 16384 bytes.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'RequestTimeout', 'The request did not arrive in time.'],
  HPE_INVALID_METHOD: [405, 'InvalidMethod', 'This is not a method of HTTP.'],
};
const malformed = [400, 'BadRequest', 'This is not a well-formed HTTP request.'] as const;

/** What the headers of an answer are made of. */
interface Ports {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Answers bytes that are no HTTP request, in the format of every error and with the headers of every answer, and ends the connection: what follows on it cannot be told
 * apart. Says nothing when an answer has begun or the client is gone.
 */
export function refuseMalformed(error: Error, socket: Duplex, { clock, random }: Ports): void {
  const code = 'code' in error ? String(error.code) : '';
  const begun = (socket as { _httpMessage?: { headersSent: boolean } | null })._httpMessage?.headersSent === true; // as Node itself asks
  if (code === 'ECONNRESET' || !socket.writable || begun) {
    socket.destroy();
    return;
  }
  const [status, type, message] = refusals[code] ?? malformed;
  const body = JSON.stringify({ error: { type, code: status, message, details: '' } });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Server: lutra',
    `Date: ${formatHttpDate(clock.now())}`,
    `X-Response-Id: ${random.uuid()}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
