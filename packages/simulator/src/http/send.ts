import type { ServerResponse } from 'node:http';
import { httpDateOf } from '../world/iso-time.ts';
import type { World } from '../world/world.ts';
import type { HttpAnswer } from './answer.ts';
import { dateOf } from './answering.ts';
import { writeFaulted } from './wire-faults.ts';

/** The one place where an answer of the simulated cloud goes onto the wire. `world`: for its own time, in `Date`, and for answers that are held. */
export function send(answer: HttpAnswer, response: ServerResponse, world: Pick<World, 'now' | 'after'>): void {
  // A server cannot refuse a connection that it has taken: breaking it is the nearest to that.
  if (typeof answer === 'string') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers, body, raw, wire } = answer;
  const dated = { ...headers, Date: httpDateOf(dateOf(answer, world)) };
  response.sendDate = false;
  if (wire !== undefined) {
    const type = raw?.type ?? 'application/json';
    const text = raw === undefined ? (body === undefined ? '' : JSON.stringify(body)) : raw.text;
    writeFaulted(response, { status, headers: text === '' ? dated : { ...dated, 'Content-Type': type }, body: text }, wire, world);
    return;
  }
  if (raw !== undefined) {
    response.writeHead(status, { ...dated, 'Content-Type': raw.type, 'Content-Length': Buffer.byteLength(raw.text) }).end(raw.text);
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
