import type { RequestListener } from 'node:http';
import type { Random } from '@lutra/core';
import * as http from '@lutra/http';
import { answerHeaders } from './answer-headers.ts';
import { wireError } from './error-responses.ts';

/** A host that accepts requests. */
export type ListeningHost = http.Listening;

/** Where to listen, and how. */
export interface ListenOptions extends Omit<http.ListenOptions, 'refuse'> {
  /** Makes the X-Response-Id of answers to what is no HTTP request. */
  readonly random: Random;
}

/**
 * Serves the API over HTTP; what the listener refuses by itself is in the format and has the headers of every error. Resolves when
 * connections are accepted; rejects when the port cannot be had.
 */
export function listen(app: RequestListener, { random, ...options }: ListenOptions): Promise<ListeningHost> {
  const refuse = ({ type, status, message }: http.Refusal): http.RefusalAnswer => ({
    headers: { 'Content-Type': 'application/json', ...answerHeaders(random.uuid()) },
    body: JSON.stringify(wireError(type, status, message)),
  });
  return http.listen(app, { ...options, refuse });
}
