/**
 * Requests to a service in the same process: a function from request to answer. There are no sockets, and JSON bodies of answers are passed
 * by reference. What can go wrong with a connection is part of the answer.
 */
import { type Clock, type DurationMs, type JsonValue, milliseconds, type PassRef } from '@lutra/core';
import { bodyOf, headersOf, urlOf } from './body.ts';
import { awaited, defaultLimits, type Patience, type TransportLimits, tooLate } from './limits.ts';
import { type Transport, TransportError, type WireAnswer, type WireRequest } from './transport.ts';

/** A request as a service sees it. */
export interface ServedRequest {
  readonly method: string;
  /** The whole URL. */
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty: none. */
  readonly text: string;
  /** The passes that it is made for, for traces. */
  readonly passes?: readonly PassRef[];
}
/** What a service answers. `lost`: the connection breaks without an answer. `unreachable`: there was no connection. */
export type ServedAnswer =
  | {
      readonly status: number;
      /** By lower-case name. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: JsonValue | undefined;
      /** The body, if it is not JSON. */
      readonly text?: string | undefined;
      /** So long after the headers the body is there. `never`: nothing more comes. */
      readonly stalls?: DurationMs | 'never' | undefined;
      /** The connection breaks before the end of the body. */
      readonly breaks?: boolean | undefined;
    }
  | 'lost'
  | 'unreachable';
/** A service in process. Never rejects; does not settle if it never answers. */
export type Service = (request: ServedRequest) => Promise<ServedAnswer>;

export interface InProcessOptions {
  /** That of the service: in virtual time, the virtual one. */
  readonly clock: Clock;
  readonly limits?: Partial<TransportLimits>;
  /** Told of every request in flight; what it returns is called once the request is over. */
  readonly pending?: (what: string) => () => void;
}

/** A transport to a service in process. Settles by microtasks and the given clock only. */
export function inProcessTransport(service: Service, { clock, limits, pending = noted }: InProcessOptions): Transport {
  const bounds = { ...defaultLimits, ...limits };
  return {
    send: async (request) => {
      const settled = pending(`${request.method} ${request.path}`);
      try {
        return await exchange(service, request, clock, bounds);
      } finally {
        settled();
      }
    },
  };
}
const noted = (): (() => void) => () => {};

async function exchange(service: Service, request: WireRequest, clock: Clock, bounds: TransportLimits): Promise<WireAnswer> {
  const { method, body, passes, signal, deadline } = request;
  const patience: Patience = { clock, signal, deadline, opened: () => true };
  const late = tooLate(patience);
  if (late !== undefined) throw late;
  if (!request.mayStart()) throw new TransportError('not-started', 'not sent: it may not start', { opened: false });
  const text = body === undefined ? '' : JSON.stringify(body);
  const asked = service({ method, url: urlOf(request), headers: headersOf(request), text, ...(passes && { passes }) });
  const answer = await awaited(asked, 'answer', bounds.headers, patience);
  if (answer === 'unreachable') throw new TransportError('unreachable', 'no connection: refused', { opened: false });
  if (answer === 'lost') throw new TransportError('lost', 'the connection broke before the answer', { opened: true });
  await awaited(stalled(answer.stalls, clock), 'end of the answer', bounds.body, patience);
  if (answer.breaks === true) throw new TransportError('lost', 'the connection broke within the answer', { opened: true });
  if (answer.text !== undefined && answer.text.length > bounds.longestBody)
    throw new TransportError('too-large', `the answer is longer than ${bounds.longestBody} bytes`, { opened: true });
  return { status: answer.status, headers: answer.headers, body: answer.text === undefined ? answer.body : bodyOf(answer.text) };
}

function stalled(stalls: DurationMs | 'never' | undefined, clock: Clock): Promise<void> {
  if (stalls === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    if (stalls !== 'never') clock.after(milliseconds(stalls)).subscribe(() => resolve());
  });
}
