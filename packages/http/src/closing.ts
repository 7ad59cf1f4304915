import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { type Clock, type DurationMs, later, milliseconds } from '@lutra/core';
import { firstValueFrom } from 'rxjs';
import type { Connections } from './connections.ts';

/** How often a closing port looks for connections whose request has ended. */
const interval = milliseconds(10);
/** Looks before a connection without a request counts as idle: until then, everything that its client had sent has been read. */
const looksBefore = 4;

/**
 * Closes a port so that no request that was sent before goes without an answer or an end that its client understands. Answers say from now
 * on that their connection ends (`announceEnd`). The port is closed only after one turn of the event loop, which accepts the connections
 * that wait in the kernel: closing it resets them. Connections without a request get a few turns more, in which what lies unread in the
 * kernel becomes a request. What is open after `grace` is destroyed.
 */
export async function close(server: Server, connections: Connections, clock: Clock, grace: DurationMs): Promise<void> {
  const end = later(clock.now(), grace);
  const isOver = (): boolean => clock.now() >= end;
  let open = true;
  const closed = once(server, 'close').then(() => {
    open = false;
  });
  const pause = (): Promise<void> => Promise.race([closed, firstValueFrom(clock.after(interval), { defaultValue: undefined })]);
  if (!isOver()) await pause();
  // The close of an HTTP server destroys, before anything else, connections without a request; that of a plain server only stops listening.
  NetServer.prototype.close.call(server);
  for (let looks = 0; open && !isOver(); looks += 1) {
    if (looks >= looksBefore) {
      server.closeIdleConnections();
      connections.endUnused();
    }
    await pause();
  }
  connections.destroyAll();
  server.closeAllConnections();
  await closed;
  server.close(); // stops what Node does at intervals for an HTTP server
}
