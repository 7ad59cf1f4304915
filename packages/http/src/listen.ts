import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, type DurationMs, milliseconds, seconds } from '@lutra/core';
import { defer, repeat } from 'rxjs';
import { close } from './closing.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { headRefusal, refusalOf } from './malformed-requests.ts';
import { type Refusal, type RefusalAnswer, refuseRequest, type Wording, writeRefusal } from './refusals.ts';
import { pathOfTarget } from './request-target.ts';
import { checkingInterval, defaultTimeLimits, type TimeLimits } from './time-limits.ts';

/** A port that is listened on. */
export interface Listening {
  /** The port in use, also when 0 (any free one) was asked for. */
  readonly port: number;
  /**
   * Accepts no further connection, answers the requests that are here or on their way, and closes their connections, as their answers say
   * (unless they have begun). What is still open after `grace` (default: 10 s) is cut off. Idempotent.
   */
  close(grace?: DurationMs): Promise<void>;
}

/** Where to listen, and how. */
export interface ListenOptions {
  /** By which requests are bounded: the real one, also in front of a simulated world with a time of its own. */
  readonly clock: Clock;
  readonly port: number;
  /** Name or address to listen on. */
  readonly host: string;
  /** Words what the listener refuses by itself, as the service behind it words its errors. */
  readonly refuse: (refusal: Refusal) => RefusalAnswer;
  /** Those that differ from `defaultTimeLimits`. */
  readonly timeLimits?: Partial<TimeLimits>;
  /** Connections of one address (of IPv6: of one /64) at most; further ones are closed at once. Default: 1,000. */
  readonly connectionsPerAddress?: number;
}

/** Bytes of all headers of a request at most. */
const mostHeaderBytes = 16 * 1024;
/** Connections at most; further ones are closed at once. */
const mostConnections = 10_000;
export const mostConnectionsPerAddress = 1_000;
/** A body of so many bytes is waited for after its answer, so that the connection can go on; of a longer one the rest is not. */
const mostSkippedBytes = 64 * 1024;

/** Serves `app` over HTTP. Resolves when connections are accepted; rejects when the port cannot be had. */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listening> {
  const { clock, port, host, connectionsPerAddress = mostConnectionsPerAddress } = options;
  const limits = { ...defaultTimeLimits, ...options.timeLimits };
  const connections = new Connections(clock, limits, connectionsPerAddress);
  let closed: Promise<void> | undefined;
  const take = (req: IncomingMessage, res: ServerResponse): void => {
    const connection = connections.of(req.socket);
    if (connection?.begin({ req, res }) !== true) return;
    if (closed !== undefined) connection.announceEnd();
    const refused = headRefusal(req);
    if (refused !== undefined) {
      connection.announceEnd();
      refuseRequest(res, refused, options);
      return;
    }
    if (isLong(req)) endUnlessRead(req, res, connection);
    req.url = pathOfTarget(req.url ?? '');
    app(req, res as never);
  };
  const server = serverWith(limits, take);
  server.on('connection', (socket) => connections.add(socket));
  server.on('clientError', (error, socket) => refuseMalformed(error, socket, connections, options));
  server.on('timeout', (socket) => {
    if (connections.of(socket)?.waitsForUs === true) socket.setTimeout(limits.silence);
    else socket.destroy();
  });
  server.listen(port, host);
  await once(server, 'listening');
  const looking = defer(() => clock.after(milliseconds(Math.max(10, Math.min(limits.linger, seconds(1)) / 4))))
    .pipe(repeat())
    .subscribe(() => connections.endOverdue());
  return {
    port: (server.address() as AddressInfo).port,
    close: (grace = seconds(10)) => {
      if (closed === undefined) connections.announceEnd();
      closed ??= close(server, connections, clock, grace).finally(() => looking.unsubscribe());
      return closed;
    },
  };
}

/** Node's server with our bounds. Without a listener for `connect` it destroys the connection; for `upgrade` it takes the request as any other. */
function serverWith(limits: TimeLimits, take: (req: IncomingMessage, res: ServerResponse) => void): Server {
  const server = createServer(
    {
      headersTimeout: limits.head,
      requestTimeout: limits.request,
      keepAliveTimeout: limits.idle,
      connectionsCheckingInterval: checkingInterval(limits),
      maxHeaderSize: mostHeaderBytes,
      requireHostHeader: false, // links start with the configured root, so nobody needs it
    },
    take,
  );
  server.on('checkExpectation', take); // an Expect that we do not know binds us to nothing
  server.setTimeout(limits.silence);
  server.maxConnections = mostConnections;
  return server;
}

/** Answers bytes that are no request, and ends the connection: nothing says where a next request would begin. */
function refuseMalformed(error: Error, socket: Duplex, connections: Connections, wording: Wording): void {
  const connection = connections.of(socket);
  if (connection === undefined || isGone(error)) {
    socket.destroy();
    return;
  }
  const refused = refusalOf(error);
  const refuse = (): void => {
    writeRefusal(socket, refused, wording);
    // Bytes that come too late could still complete their request: they are not read any more.
    if (refused.status === 408) connection.cut();
    else connection.end();
  };
  if (connection.canRefuse) refuse();
  // Else an answer that says it is the last one is on its way, or can still say so: it goes out, and then the connection ends.
  else if (!connection.refuseLater(refuse) && !connection.announceEnd()) socket.destroy();
}

/** Whether the error is one of the connection, not of what was sent on it. */
const isGone = (error: Error & { readonly code?: unknown }): boolean => error.code === 'ECONNRESET' || error.code === 'EPIPE';

/** Whether a request has a body whose rest nobody waits for. */
const isLong = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > mostSkippedBytes;

/** Makes an answer that begins before the body is here the last one of its connection. */
function endUnlessRead(req: IncomingMessage, res: ServerResponse, connection: Connection): void {
  const { writeHead } = res;
  res.writeHead = ((...given: Parameters<typeof writeHead>) => {
    if (!req.complete) connection.announceEnd();
    return writeHead.apply(res, given);
  }) as typeof writeHead;
}
