/** What went over a transport, as lines of JSON (NDJSON) without secrets, and a transport that answers from such lines. */
import type { JsonValue } from '@lutra/core';
import { redactedBody, redactedHeaders, redactedText } from './redaction.ts';
import { type Transport, TransportError, type TransportFailure, type WireAnswer, type WireRequest } from './transport.ts';

/** One line of a recording. */
interface Exchange {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly query?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonValue | undefined;
  readonly answer?: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body?: JsonValue | undefined };
  readonly failure?: { readonly kind: TransportFailure; readonly message: string; readonly opened: boolean };
}

/** Sends through `transport`, and writes a line for each exchange once it is over. What was not sent is not recorded. */
export const recordingTransport = (transport: Transport, write: (line: string) => void): Transport => ({
  send: async (request) => {
    try {
      const answer = await transport.send(request);
      const { status, headers, body } = answer;
      write(lineOf(request, { answer: { status, headers: redactedHeaders(headers), body: redactedBody(body) } }));
      return answer;
    } catch (error) {
      if (error instanceof TransportError && error.failure !== 'not-started') {
        const { failure: kind, message, opened } = error;
        write(lineOf(request, { failure: { kind, message: redactedText(message), opened } }));
      }
      throw error;
    }
  },
});

function lineOf({ service, method, path, query, headers, body }: WireRequest, outcome: Pick<Exchange, 'answer' | 'failure'>): string {
  const exchange: Exchange = {
    service,
    method,
    path: redactedText(path),
    query: query && redactedText(query),
    headers: redactedHeaders(headers),
    body: redactedBody(body),
    ...outcome,
  };
  return JSON.stringify(exchange);
}

/**
 * Answers from a recording: each request gets what the first one with its service, method, path and query got that was not used before.
 * A request that has no such line is `unreachable`.
 */
export function replayingTransport(lines: readonly string[]): Transport {
  const left = Map.groupBy(
    lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Exchange),
    keyOf,
  );
  return {
    send: async (request) => {
      if (!request.mayStart()) throw new TransportError('not-started', 'not sent: it may not start', { opened: false });
      const key = keyOf({ ...request, path: redactedText(request.path), query: request.query && redactedText(request.query) });
      const exchange = left.get(key)?.shift();
      if (exchange?.failure !== undefined) {
        const { kind, message, opened } = exchange.failure;
        throw new TransportError(kind, message, { opened });
      }
      if (exchange?.answer === undefined) throw new TransportError('unreachable', `nothing more is recorded for ${key}`, { opened: false });
      const { status, headers, body } = exchange.answer;
      return { status, headers, body } satisfies WireAnswer;
    },
  };
}

const keyOf = ({ service, method, path, query = '' }: Pick<Exchange, 'service' | 'method' | 'path' | 'query'>): string =>
  `${service} ${method} ${path}?${query}`;
