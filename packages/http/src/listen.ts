import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, type DurationMs, milliseconds, seconds } from '@lutra/core';
import { firstValueFrom } from 'rxjs';
import { type Refusal, type RefusalAnswer, refuseMalformed } from './malformed-requests.ts';
import { pathOfTarget } from './request-target.ts';

/** A port that is listened on. */
export interface Listening {
  /** The port in use, also when 0 (any free one) was asked for. */
  readonly port: number;
  /**
   * Accepts no further connection, lets requests in flight finish and closes their connections, as their answers say (unless they have
   * begun), so that no client sends a request into a connection that ends; whatever is still open after `grace` is cut off. Idempotent.
   */
  close(grace?: DurationMs): Promise<void>;
}

/** Where to listen, and how. */
export interface ListenOptions {
  /** By which requests are bounded: the real one, whatever time it is in a simulated world behind. */
  readonly clock: Clock;
  readonly port: number;
  /** Name or address to listen on. */
  readonly host: string;
  /** Words what the listener refuses by itself, as the service behind it words its errors. */
  readonly refuse: (refusal: Refusal) => RefusalAnswer;
  /** Those that differ from `defaultTimeLimits`. */
  readonly timeLimits?: Partial<TimeLimits>;
}

/** What clients may take their time for. */
export interface TimeLimits {
  /** Sending the head of a request. */
  readonly head: DurationMs;
  /** Sending all of it. */
  readonly request: DurationMs;
  /** Neither sending nor taking a byte, while a request or its answer is under way. */
  readonly silence: DurationMs;
  /** A connection between two requests. */
  readonly idle: DurationMs;
}
export const defaultTimeLimits: TimeLimits = { head: seconds(15), request: seconds(60), silence: seconds(60), idle: seconds(65) };

/** Bytes of all headers of a request at most. */
const mostHeaderBytes = 16 * 1024;
/** Connections at most; further ones are closed at once. */
const mostConnections = 10_000;
/** How often a closing host looks for connections whose request has ended. */
const closingInterval = milliseconds(20);

/** Serves `app` over HTTP. Resolves when connections are accepted; rejects when the port cannot be had. */
export async function listen(app: RequestListener, { clock, port, host, refuse, timeLimits }: ListenOptions): Promise<Listening> {
  const { head, request, silence, idle } = { ...defaultTimeLimits, ...timeLimits };
  let closed: Promise<void> | undefined;
  const answer = (req: IncomingMessage, res: ServerResponse): void => {
    req.url = pathOfTarget(req.url ?? '');
    if (closed !== undefined) res.shouldKeepAlive = false;
    app(req, res as never);
  };
  const server = createServer(
    {
      headersTimeout: head,
      requestTimeout: request,
      keepAliveTimeout: idle,
      connectionsCheckingInterval: Math.max(10, Math.floor(Math.min(head, request) / 3)),
      maxHeaderSize: mostHeaderBytes,
      requireHostHeader: false, // links start with the configured root, so nobody needs it
    },
    answer,
  );
  server.maxConnections = mostConnections;
  const sockets = new Set<AnsweringSocket>();
  server.on('connection', (socket: AnsweringSocket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.setTimeout(silence, (socket) => void socket.destroy());
  server.on('clientError', (error, socket) => refuseMalformed(error, socket, { clock, refuse }));
  // An Expect that we do not know binds us to nothing; a tunnel is a method that no resource has.
  server.on('checkExpectation', answer);
  server.on('connect', (req: IncomingMessage, socket) => {
    const res = new ServerResponse(req);
    res.assignSocket(socket as never);
    res.once('finish', () => socket.end());
    res.shouldKeepAlive = false;
    answer(req, res);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: (grace = seconds(10)) => {
      if (closed === undefined) for (const { _httpMessage: answering } of sockets) if (answering) answering.shouldKeepAlive = false;
      closed ??= close(server, clock, grace);
      return closed;
    },
  };
}

/** A connection with the answer that Node keeps at it while a request is under way. */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

async function close(server: Server, clock: Clock, grace: DurationMs): Promise<void> {
  let open = true;
  const closed = once(server, 'close').then(() => {
    open = false;
  });
  server.close();
  // A connection kept alive is not idle yet while its request runs, so one look is not enough. Bounded by grace.
  for (let waited = 0; open && waited < grace; waited += closingInterval) {
    server.closeIdleConnections();
    await Promise.race([closed, firstValueFrom(clock.after(closingInterval), { defaultValue: undefined })]);
  }
  server.closeAllConnections();
  await closed;
}
