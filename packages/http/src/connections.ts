import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@lutra/core';
import { addressGroup } from './address-groups.ts';
import { Connection } from './connection.ts';
import type { TimeLimits } from './time-limits.ts';

/** All connections of a port, counted by where they come from. */
export class Connections {
  readonly #clock: Clock;
  readonly #limits: TimeLimits;
  readonly #mostPerAddress: number;
  readonly #open = new Map<Duplex, Connection>();
  readonly #countOf = new Map<string, number>();

  constructor(clock: Clock, limits: TimeLimits, mostPerAddress: number) {
    this.#clock = clock;
    this.#limits = limits;
    this.#mostPerAddress = mostPerAddress;
  }

  /** The connection of a socket; undefined when it is over, or was refused. */
  of(socket: Duplex): Connection | undefined {
    return this.#open.get(socket);
  }

  /** Takes a new socket, or closes it at once when its address has as many as it may. */
  add(socket: Socket): void {
    // Node takes its own listeners away in some states, and an error without a listener ends the process.
    socket.on('error', () => undefined);
    const address = addressGroup(socket.remoteAddress ?? '');
    const count = this.#countOf.get(address) ?? 0;
    if (count >= this.#mostPerAddress) {
      socket.destroy();
      return;
    }
    this.#countOf.set(address, count + 1);
    const connection = new Connection(socket, this.#clock, this.#limits);
    this.#open.set(socket, connection);
    // Node calls this after an answer that is the last one: left as it is, it resets clients that are still sending.
    socket.destroySoon = () => connection.end();
    socket.once('close', () => {
      this.#open.delete(socket);
      const left = (this.#countOf.get(address) ?? 1) - 1;
      if (left > 0) this.#countOf.set(address, left);
      else this.#countOf.delete(address);
    });
  }

  /** Breaks off what is past its deadline. */
  endOverdue(): void {
    const now = this.#clock.now();
    for (const connection of this.#open.values()) if (connection.deadline <= now) connection.destroy();
  }

  /** Makes the answers under way the last ones of their connections. */
  announceEnd(): void {
    for (const connection of this.#open.values()) connection.announceEnd();
  }

  /** Ends the connections on which nothing ever came. */
  endUnused(): void {
    for (const connection of this.#open.values()) if (connection.unused) connection.end();
  }

  destroyAll(): void {
    for (const connection of this.#open.values()) connection.destroy();
  }
}
