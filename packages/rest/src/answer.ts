import type { ServerResponse } from 'node:http';
import { isEndless } from './body-bytes.ts';

/**
 * Answers a request: the only way to. The Content-Type is exactly `application/json`, on empty bodies too
 * (`res.json` adds a charset, and a 204 of Express has none); without `body` the body is empty.
 */
export function answer(res: ServerResponse, status: number, body?: unknown): void {
  answerText(res, status, 'application/json', body === undefined ? '' : JSON.stringify(body));
}

/** Answers with a text of another type: for the one representation that is not JSON. */
export function answerText(res: ServerResponse, status: number, contentType: string, text: string): void {
  res.statusCode = status;
  if (isEndless(res.req)) res.shouldKeepAlive = false;
  res.setHeader('Content-Type', contentType);
  // A 204 must not say how long its body is (RFC 9110, section 8.6).
  if (status !== 204) res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}
