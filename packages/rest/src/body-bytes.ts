import type { IncomingMessage } from 'node:http';
import { LutraError } from '@lutra/core';
import type { Request } from 'express';

/** Bytes of a request body at most. */
export const bodyLimit = 1024 * 1024;
/** Of a body that is too large so much is taken before it is refused: many clients hear an answer only when they have sent everything. */
const mostTaken = 8 * bodyLimit;

/** Whether a request says that its body is so large that nobody waits for its end: the answer ends the connection. */
export const isEndless = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean => Number(headers['content-length']) > mostTaken;

/**
 * All bytes of the body. Rejects with `invalid-json`: of a body beyond the limit nothing is kept, and when it is larger than `mostTaken`
 * the answer ends the connection.
 */
export function readBytes(req: Request): Promise<Buffer> {
  const tooLarge = new LutraError('invalid-json', `The body is larger than the limit of ${bodyLimit} bytes.`);
  if (isEndless(req)) return Promise.reject(tooLarge);
  return new Promise((resolve, reject) => {
    const kept = new GrowingBytes();
    let length = 0;
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= bodyLimit) kept.add(chunk);
      else kept.drop();
      if (length > mostTaken) {
        stop(); // It flows on, to nobody.
        if (req.res !== undefined) req.res.shouldKeepAlive = false;
        reject(tooLarge);
      }
    };
    const finish = (): void => {
      stop();
      if (length > bodyLimit) reject(tooLarge);
      else resolve(kept.bytes());
    };
    /** The client went away: there is nobody left to answer. */
    const fail = (): void => {
      stop();
      reject(new LutraError('invalid-json', ''));
    };
    const stop = (): void => {
      req.off('data', take).off('end', finish).off('error', fail).off('close', fail);
    };
    if (req.destroyed) fail();
    else req.on('data', take).once('end', finish).once('error', fail).once('close', fail);
  });
}

/**
 * Bytes in one piece of memory, which doubles when it is full. A list of the chunks would not do: a client may send a byte a chunk, and a
 * list of a million chunks takes some 500 MB (docs/adr/0017-libraries-before-own-code.md).
 */
class GrowingBytes {
  #memory: Buffer = Buffer.alloc(0);
  #length = 0;

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#length === 0)
      this.#memory = chunk; // most bodies are one chunk
    else {
      if (length > this.#memory.length) {
        const larger = Buffer.allocUnsafe(Math.max(16 * 1024, 2 * this.#memory.length, length));
        this.#memory.copy(larger, 0, 0, this.#length);
        this.#memory = larger;
      }
      chunk.copy(this.#memory, this.#length);
    }
    this.#length = length;
  }

  drop(): void {
    this.#memory = Buffer.alloc(0);
    this.#length = 0;
  }

  bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }
}
