import type { IncomingMessage } from 'node:http';

/** The body as text; undefined when it has more than `most` bytes. Rejects when the client breaks off. */
export function readBody(incoming: IncomingMessage, most: number): Promise<string | undefined> {
  const { headers } = incoming;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    incoming.resume();
    return Promise.resolve('');
  }
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    const refuse = (): void => {
      chunks = [];
      resolve(undefined); // what still comes is read and dropped until the connection ends
    };
    if (Number(headers['content-length'] ?? 0) > most) refuse();
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= most) chunks.push(chunk);
      else refuse();
    });
    incoming.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    incoming.on('error', reject);
  });
}
