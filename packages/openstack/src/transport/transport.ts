/**
 * One request and its answer, apart from how they travel. Everything above a transport is the same over HTTP and over the simulated cloud.
 * A transport sends an attempt once. It never retries, and it knows neither tokens nor tenants.
 */
import type { EpochMs, JsonValue, PassRef } from '@lutra/core';

/** The service that a request is for. */
export type ServiceName = 'identity' | 'compute' | 'image' | 'load-balancer' | 'rackconnect';

/** One attempt. */
export interface WireRequest {
  /** For logs, faults and recordings. */
  readonly service: ServiceName;
  /** Where the service is, as the catalog says: scheme, host and the first part of the path. */
  readonly endpoint: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the endpoint, beginning with a slash; each segment is encoded. */
  readonly path: string;
  /** Without the question mark. */
  readonly query?: string;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: JsonValue;
  /** The attempt is given up at this instant of the transport's clock. */
  readonly deadline: EpochMs;
  /** Aborting gives up the attempt at once. */
  readonly signal: AbortSignal;
  /** Asked in the turn in which the request is handed to the socket. After a no, nothing is sent. */
  readonly mayStart: () => boolean;
  /** The passes that it is made for. For traces: it is not sent. */
  readonly passes?: readonly PassRef[];
}

/** What came back, read to its end. */
export interface WireAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** A value if the text is JSON, else the text itself; undefined if there is none. */
  readonly body: JsonValue | undefined;
}

/** Carries requests. Rejects only with a TransportError. */
export interface Transport {
  send(request: WireRequest): Promise<WireAnswer>;
}

/**
 * Why there is no answer. `not-started`: `mayStart` said no. `unreachable`: no connection. `timeout`: a deadline passed. `lost`: the
 * connection broke. `aborted`: the caller gave up. `too-large`: the answer is longer than the bound. `malformed`: it is not HTTP.
 */
export type TransportFailure = 'not-started' | 'unreachable' | 'timeout' | 'lost' | 'aborted' | 'too-large' | 'malformed';

/** There is no answer. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly failure: TransportFailure;
  /** Whether the request may have reached the service: a connection was open, and bytes may have gone out. */
  readonly opened: boolean;
  constructor(failure: TransportFailure, message: string, options: ErrorOptions & { readonly opened: boolean }) {
    super(message, options);
    this.failure = failure;
    this.opened = options.opened;
  }
}
