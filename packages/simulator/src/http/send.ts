import type { ServerResponse } from 'node:http';
import type { EpochMs } from '@lutra/core';
import { httpDateOf } from '../world/iso-time.ts';
import type { HttpAnswer } from './answer.ts';

/** The one place where an answer of the simulated cloud goes onto the wire. `now`: the cloud's own time, for `Date`. */
export function send(answer: HttpAnswer, response: ServerResponse, now: EpochMs): void {
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers, body, raw } = answer;
  const dated = { ...headers, Date: httpDateOf(now) };
  response.sendDate = false;
  if (raw !== undefined) {
    response.writeHead(status, { ...dated, 'Content-Type': raw.type, 'Content-Length': Buffer.byteLength(raw.bytes) }).end(raw.bytes);
    return;
  }
  if (body === undefined) {
    // 204 and 304 have no body by themselves; anything else says that its body is empty.
    response.writeHead(status, status === 204 || status === 304 ? dated : { ...dated, 'Content-Length': 0 }).end();
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, { ...dated, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text);
}
