import { isUtf8 } from 'node:buffer';
import { LutraError } from '@lutra/core';
import type { Request } from 'express';
import type { z } from 'zod';
import { halfCharacterIn, mostLevels, nestsTooDeeply, parseExactly } from './exact-json.ts';
import { describeProblems } from './problems.ts';

/** Bytes of a request body at most. */
export const bodyLimit = 1024 * 1024;

/**
 * The body of a request, checked: JSON first, then its form. Rejects with `unsupported-media-type`, `invalid-json`
 * (without a message when the text is no JSON: so it is documented) or `validation-failed`.
 */
export async function readBody<S extends z.ZodType>(req: Request, schema: S): Promise<z.output<S>> {
  refuseOtherMedia(req.headers);
  const body = parseBody(await readBytes(req));
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new LutraError('validation-failed', describeProblems(body, parsed.error.issues));
}

/** A Content-Type other than JSON is refused; none at all is taken for JSON (decision 1). */
export function refuseOtherMedia(headers: Request['headers']): void {
  const contentType = headers['content-type'];
  if (contentType !== undefined && !/^\s*application\/json\s*(?:;|$)/i.test(contentType)) {
    throw new LutraError(
      'unsupported-media-type',
      `The Content-Type must be application/json, not ${JSON.stringify(contentType.slice(0, 100))}.`,
    );
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && !/^(?:identity)?$/i.test(encoding.trim())) {
    throw new LutraError('unsupported-media-type', `The body must not be encoded, not ${JSON.stringify(encoding.slice(0, 100))}.`);
  }
}

/** The JSON value of a body's bytes. */
export function parseBody(bytes: Buffer): unknown {
  const body = isUtf8(bytes) ? parseText(bytes.toString('utf8')) : undefined;
  if (body === undefined) throw new LutraError('invalid-json', '');
  return body;
}

function parseText(text: string): unknown {
  if (nestsTooDeeply(text)) throw new LutraError('invalid-json', `The body nests more than ${mostLevels} levels deep.`);
  const body = parseExactly(text);
  const half = body === undefined ? undefined : halfCharacterIn(text);
  if (half !== undefined) {
    throw new LutraError('invalid-json', `The body contains ${half}, which is half of a character. Write both halves, or leave it out.`);
  }
  return body;
}

const tooLarge = (): LutraError => new LutraError('invalid-json', `The body is larger than the limit of ${bodyLimit} bytes.`);

/** All bytes of the body. What comes beyond the limit is not kept; Node discards it once the request is answered. */
function readBytes(req: Request): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(req.headers['content-length'] ?? 0) > bodyLimit) return reject(tooLarge());
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = (): void => {
      req.off('data', take).off('end', finish).off('error', fail).off('close', fail);
    };
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > bodyLimit) {
        stop();
        reject(tooLarge());
      } else chunks.push(chunk);
    };
    const finish = (): void => {
      stop();
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length));
    };
    /** The client went away: there is nobody left to answer. */
    const fail = (): void => {
      stop();
      reject(new LutraError('invalid-json', ''));
    };
    req.on('data', take).once('end', finish).once('error', fail).once('close', fail);
  });
}
