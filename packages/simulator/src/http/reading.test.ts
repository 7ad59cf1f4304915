import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBody } from './reading.ts';

const coming = (headers: Readonly<Record<string, string>> = { 'transfer-encoding': 'chunked' }) =>
  Object.assign(new PassThrough(), { headers });
const read = (incoming: PassThrough, most = 1000) => readBody(incoming as unknown as IncomingMessage, most);

describe('readBody', () => {
  it('puts together what comes in pieces, also within a character', async () => {
    const incoming = coming();
    const text = read(incoming, 100_000);
    for (const byte of Buffer.from('é'.repeat(20_000))) incoming.emit('data', Buffer.from([byte]));
    incoming.emit('end');
    expect(await text).toBe('é'.repeat(20_000));
    expect(await read(coming({}))).toBe('');
  });

  it('takes a body that is too long to its end, unless it is eight times too long', async () => {
    const longer = coming();
    const refused = read(longer);
    let settled = false;
    void refused.then(() => {
      settled = true;
    });
    longer.emit('data', Buffer.alloc(8000));
    await Promise.resolve();
    expect(settled).toBe(false);
    longer.emit('end');
    expect(await refused).toBeUndefined();
    const endless = coming();
    const never = read(endless);
    endless.emit('data', Buffer.alloc(8001));
    expect(await never).toBeUndefined();
    expect(await read(coming({ 'content-length': '8001' }))).toBeUndefined();
  });

  it('rejects when the client goes away', async () => {
    const gone = coming();
    const text = read(gone);
    gone.destroy();
    await expect(text).rejects.toThrow('The client went away before its body had come.');
  });
});
