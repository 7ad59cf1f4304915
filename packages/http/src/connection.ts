import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Clock, type EpochMs, later, milliseconds } from '@lutra/core';
import { patienceForHeads, type TimeLimits } from './time-limits.ts';

/** Requests on one connection that have no answer yet, at most: one that sends more without waiting is broken off. */
export const mostUnanswered = 100;

/** A request under way, with its answer. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/**
 * One connection, from its first byte to its end. At every moment there is an instant by which it must have moved on (`deadline`), so that
 * none stays open for as long as its client likes: bytes that drip do not put it off, only a request or an answer that is complete does.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #limits: TimeLimits;
  /** In the order of the requests, in which answers go out. */
  readonly #underWay: Exchange[] = [];
  /** The request that was answered last: some of it may still be on its way. */
  #answered: IncomingMessage | undefined;
  #deadline: EpochMs;
  #isLast = false;
  #ending = false;
  #dropped = 0;
  /** Refuses the newest request, whose body is broken, once the answers before it are out. */
  #refuseBroken: (() => void) | undefined;

  constructor(socket: Socket, clock: Clock, limits: TimeLimits) {
    this.#socket = socket;
    this.#clock = clock;
    this.#limits = limits;
    this.#deadline = later(clock.now(), patienceForHeads(limits));
  }

  /** When it is broken off, unless something is complete before. */
  get deadline(): EpochMs {
    return this.#deadline;
  }

  /** Whether nothing has ever come from its client. */
  get unused(): boolean {
    return this.#socket.bytesRead === 0;
  }

  /** Whether it is the service that is to do something: the request is here, and nothing waits for the client to take it. */
  get waitsForUs(): boolean {
    const [first] = this.#underWay;
    return first?.req.complete === true && this.#socket.writableLength === 0;
  }

  /** Notes a request. False when it must not be worked on: the connection ends with an answer before it, or is broken off. */
  begin(exchange: Exchange): boolean {
    const { req, res } = exchange;
    if (this.#isLast || this.#underWay.length >= mostUnanswered) {
      this.#dropped += 1;
      if (!this.#isLast || this.#dropped > mostUnanswered) this.#socket.destroy();
      req.resume();
      return false;
    }
    if (this.#underWay.push(exchange) === 1) this.#deadline = later(this.#clock.now(), this.#limits.exchange);
    if (!res.shouldKeepAlive) this.#isLast = true;
    res.once('close', () => this.#ended(exchange));
    return true;
  }

  #ended(exchange: Exchange): void {
    this.#underWay.splice(this.#underWay.indexOf(exchange), 1);
    this.#answered = exchange.req;
    if (this.#ending) return;
    const { idle, exchange: whole } = this.#limits;
    const span = this.#underWay.length > 0 ? whole : milliseconds(idle + patienceForHeads(this.#limits));
    this.#deadline = later(this.#clock.now(), span);
    if (this.canRefuse) this.#refuseBroken?.();
  }

  /**
   * Makes the answer of the newest request the last one of the connection; requests after it are not worked on. False when nothing under
   * way can still say so.
   */
  announceEnd(): boolean {
    if (this.#isLast) return true;
    const newest = this.#underWay.at(-1)?.res;
    if (newest === undefined || newest.headersSent) return false;
    newest.shouldKeepAlive = false;
    this.#isLast = true;
    return true;
  }

  /**
   * Whether an answer to bytes that make no request would be taken for one to them: none has begun, none is awaited for an earlier request,
   * and the bytes are not the rest of a request that has its answer.
   */
  get canRefuse(): boolean {
    if (this.#ending || !this.#socket.writable) return false;
    const [first, second] = this.#underWay;
    if (first === undefined) return !this.#isLast && this.#answered?.complete !== false;
    return second === undefined && this.#awaitsBody;
  }

  /** Whether the newest request is not here whole, and its answer has not begun: bytes that make no request are of its body. */
  get #awaitsBody(): boolean {
    const newest = this.#underWay.at(-1);
    return newest !== undefined && !newest.req.complete && !newest.res.headersSent;
  }

  /**
   * Calls `refuse` once it can be told that the newest request is broken, which is when the answers to those before it are out. Without it
   * nobody would answer: whoever reads its body waits for the end. False when there is no such request.
   */
  refuseLater(refuse: () => void): boolean {
    if (this.#ending || !this.#awaitsBody) return false;
    this.announceEnd();
    this.#refuseBroken = refuse;
    return true;
  }

  /**
   * Ends it once what was written is out: our half at once, so that the client learns of it, and all of it when the client has ended its
   * half too, or `linger` is over. What still comes meanwhile is read and dropped: a socket that is destroyed with bytes unread is reset,
   * which takes the answer from a client that has not read it yet.
   */
  end(): void {
    if (this.#stop()) this.#socket.end();
    for (const { req } of this.#underWay) req.resume();
  }

  /** Ends it as soon as what was written is out, or `linger` is over, and reads nothing further. */
  cut(): void {
    if (this.#stop()) this.#socket.end(() => void this.#socket.destroy());
  }

  #stop(): boolean {
    if (this.#ending) return false;
    this.#ending = true;
    this.#isLast = true;
    this.#deadline = later(this.#clock.now(), this.#limits.linger);
    return true;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
