import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, type DurationMs, milliseconds, seconds } from '@lutra/core';
import { firstValueFrom } from 'rxjs';

/** A host that accepts requests. */
export interface ListeningHost {
  /** The port in use, also when 0 (any free one) was asked for. */
  readonly port: number;
  /**
   * Accepts no further connection, lets requests in flight finish and closes their connections; whatever is still open after
   * `grace` is cut off. Idempotent.
   */
  close(grace?: DurationMs): Promise<void>;
}

export interface ListenOptions {
  readonly clock: Clock;
  readonly port: number;
  /** Name or address to listen on. */
  readonly host: string;
}

/** How often a closing host looks for connections whose request has ended. */
const closingInterval = milliseconds(20);
/** A client must have sent its whole request within this time, ms. */
const requestTimeoutMs = 60_000;

/** Serves `app` over HTTP. Resolves when connections are accepted; rejects when the port cannot be had. */
export async function listen(app: RequestListener, { clock, port, host }: ListenOptions): Promise<ListeningHost> {
  const server = createServer({ requestTimeout: requestTimeoutMs }, app);
  server.listen(port, host);
  await once(server, 'listening');
  let closed: Promise<void> | undefined;
  return {
    port: (server.address() as AddressInfo).port,
    close: (grace = seconds(10)) => (closed ??= close(server, clock, grace)),
  };
}

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
