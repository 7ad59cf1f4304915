import type { IncomingMessage } from 'node:http';
import { LutraError } from '@lutra/core';
import { GrowingBytes } from '@lutra/http';
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
