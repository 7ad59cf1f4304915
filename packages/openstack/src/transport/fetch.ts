/**
 * Requests over HTTP. `mayStart` is asked where undici hands a request to its socket: it calls `onConnect` of the request's handler and
 * writes in the same turn, unless that throws. The system's own timer runs here alone: undici uses it for the connect timeout.
 */
import type { Clock } from '@lutra/core';
import { Agent, type Dispatcher, type RequestInit, type Response, fetch as undiciFetch } from 'undici';
import { bodyOf, headersOf, urlOf } from './body.ts';
import { awaited, defaultLimits, type Patience, type TransportLimits, tooLate } from './limits.ts';
import { type Transport, TransportError, type WireAnswer, type WireRequest } from './transport.ts';

/** What requests over HTTP are bounded by. */
export interface FetchTransportOptions {
  readonly clock: Clock;
  readonly limits?: Partial<TransportLimits>;
  /** Connections to one origin. Further requests wait for a free one. */
  readonly connections?: number;
  /**
   * Sends in the place of undici's `fetch`. One that ignores `dispatcher` never asks `mayStart`, so it is asked before: for tests that
   * intercept the global one.
   */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}
/** A transport that holds connections. */
export interface FetchTransport extends Transport {
  /** Closes its connections once the requests in flight are over. */
  close(): Promise<void>;
}

/** Requests over HTTP, each on a connection that is kept for the next. */
export function fetchTransport({ clock, limits, connections = 64, fetch }: FetchTransportOptions): FetchTransport {
  const bounds = { ...defaultLimits, ...limits };
  const agent = new Agent({ connections, connect: { timeout: bounds.connect }, headersTimeout: 0, bodyTimeout: 0 });
  return {
    send: async (request) => {
      const gate = new Gate(request, agent);
      if (fetch !== undefined) gate.pass();
      return exchange(request, gate, { clock, bounds, fetch: fetch ?? undiciFetch });
    },
    close: () => agent.close(),
  };
}

interface Means {
  readonly clock: Clock;
  readonly bounds: TransportLimits;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

async function exchange(request: WireRequest, gate: Gate, { clock, bounds, fetch }: Means): Promise<WireAnswer> {
  const { method, body, signal, deadline } = request;
  const patience: Patience = { clock, signal, deadline, opened: () => gate.opened };
  const late = tooLate(patience);
  if (late !== undefined) throw late;
  try {
    const asked = fetch(urlOf(request), {
      method,
      headers: headersOf(request),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: gate.signal,
      dispatcher: gate as unknown as Dispatcher,
    });
    const response = await awaited(asked, 'answer', bounds.headers, patience);
    const text = await awaited(textOf(response, bounds.longestBody), 'end of the answer', bounds.body, patience);
    return { status: response.status, headers: Object.fromEntries(response.headers), body: bodyOf(text) };
  } catch (error) {
    gate.giveUp();
    throw gate.denied ?? asTransportError(error, gate.opened);
  }
}

/** The body, read as it comes, so that a long one is noticed in time. */
async function textOf({ body }: Response, longest: number): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > longest) throw new TransportError('too-large', `the answer is longer than ${longest} bytes`, { opened: true });
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Lets one request through to its socket, if it may start. */
class Gate {
  readonly #request: WireRequest;
  readonly #agent: Dispatcher;
  readonly #controller = new AbortController();
  /** Whether bytes may have gone out. */
  opened = false;
  /** Why the request did not pass. */
  denied: TransportError | undefined;

  constructor(request: WireRequest, agent: Dispatcher) {
    this.#request = request;
    this.#agent = agent;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  giveUp(): void {
    this.#controller.abort();
  }

  /** Throws if the request may not start. */
  pass(): void {
    if (this.signal.aborted) throw new TransportError('aborted', 'given up before it was sent', { opened: this.opened });
    if (!this.#request.mayStart()) {
      this.denied = new TransportError('not-started', 'not sent: it may not start', { opened: this.opened });
      throw this.denied;
    }
    this.opened = true;
  }

  /** As undici's `fetch` asks a dispatcher. Its handler keeps state in itself, so that calls go to one object only. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const onConnect = (abort: (error?: Error) => void): void => {
      this.pass();
      handler.onConnect?.call(guarded, abort);
    };
    const guarded: Dispatcher.DispatchHandler = Object.assign(Object.create(handler), { onConnect });
    return this.#agent.dispatch(options, guarded);
  }
}

/** What undici rejects with. */
function asTransportError(error: unknown, opened: boolean): TransportError {
  if (error instanceof TransportError) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reason = cause instanceof Error ? `${code} ${cause.message}`.trim() : String(cause);
  if (!opened) return new TransportError('unreachable', `no connection: ${reason}`, { opened, cause: error });
  const failure = code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW' ? 'malformed' : 'lost';
  return new TransportError(failure, failure === 'lost' ? `the connection broke: ${reason}` : `not HTTP: ${reason}`, {
    opened,
    cause: error,
  });
}
