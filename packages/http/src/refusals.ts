import { type ServerResponse, STATUS_CODES } from 'node:http';
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

/** How refusals are worded, and by which clock they are dated. */
export interface Wording {
  readonly clock: Clock;
  readonly refuse: (refusal: Refusal) => RefusalAnswer;
}

/** Refuses a request that was read as far as its head. It is the last one of its connection. */
export function refuseRequest(res: ServerResponse, refused: Refusal, { refuse }: Wording): void {
  const { headers, body } = refuse(refused);
  res.writeHead(refused.status, { ...headers, 'Content-Length': Buffer.byteLength(body), Connection: 'close' }).end(body);
}

/** Writes a refusal to a socket: the bytes that came make no request that could be answered. */
export function writeRefusal(socket: Duplex, refused: Refusal, { clock, refuse }: Wording): void {
  const { headers, body } = refuse(refused);
  const head = [
    `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Date: ${formatHttpDate(clock.now())}`,
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
}
