import type { IncomingMessage } from 'node:http';
import { GrowingBytes } from '@lutra/http';

/** Of a body that is too long so many times its bound is taken before it is refused: many clients hear an answer only when they have sent everything. */
const takenTimes = 8;

/** The body as text; undefined when it has more than `most` bytes, of which nothing is kept. Rejects when the client breaks off. */
export function readBody(incoming: IncomingMessage, most: number): Promise<string | undefined> {
  const { headers } = incoming;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    incoming.resume();
    return Promise.resolve('');
  }
  return new Promise((resolve, reject) => {
    const kept = new GrowingBytes();
    let length = 0;
    if (Number(headers['content-length'] ?? 0) > takenTimes * most) resolve(undefined);
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= most) kept.add(chunk);
      else kept.drop();
      if (length > takenTimes * most) resolve(undefined); // what still comes is dropped until the connection ends
    });
    incoming.once('end', () => resolve(length > most ? undefined : kept.bytes().toString('utf8')));
    incoming.on('error', reject);
    incoming.once('close', () => reject(new Error('The client went away before its body had come.')));
  });
}
