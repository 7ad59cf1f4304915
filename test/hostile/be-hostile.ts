/** One hostile connection, as a kind says. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { HostileKind } from './hostile-kinds.ts';

/** Milliseconds to wait for an answer, or for the end of the connection, at most. */
const patience = 3_000;

/** Opens a connection to a port of this machine, does what the kind says, and resolves when the connection is over. True: the other side ended it, or we did. */
export async function beHostile(port: number, { head, body, stop, leaving }: HostileKind): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined); // a hostile client does not mind
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  const gone = (): Promise<void> => Promise.race([closed, waited(socket)]);
  await Promise.race([once(socket, 'connect').catch(() => undefined), gone()]);
  for (const part of partsOf({ head, body, stop })) await Promise.race([written(socket, part), gone()]);
  if (stop === 'in the answer')
    await Promise.race([once(socket, 'data').catch(() => undefined), once(socket, 'end').catch(() => undefined), gone()]);
  if (leaving === 'reset') socket.resetAndDestroy();
  else if (leaving === 'close') socket.destroy();
  else {
    socket.resume().end();
    await gone();
  }
  const isOver = socket.destroyed;
  socket.destroy();
  await closed;
  return isOver;
}

function partsOf({ head, body, stop }: Pick<HostileKind, 'head' | 'body' | 'stop'>): readonly string[] {
  if (stop === 'before any byte') return [];
  if (stop === 'in the head') return [head.slice(0, head.length / 2)];
  if (stop === 'after the head') return [head];
  return [head, stop === 'in the body' ? body.slice(0, body.length / 2) : body];
}

/** Resolves when the kernel has taken the bytes. */
const written = (socket: Socket, part: string): Promise<void> =>
  new Promise((resolve) => {
    if (part === '' || !socket.writable) resolve();
    else socket.write(Buffer.from(part, 'latin1'), () => resolve());
  });

const waited = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, patience);
    socket.once('close', () => clearTimeout(timer));
  });
