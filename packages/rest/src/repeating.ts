/** Calls that a client may send again under an `Idempotency-Key` (spec/rest.md, decision 59). */
import { createHash } from 'node:crypto';
import type { CallerKey } from '@lutra/core';
import type { Request } from 'express';
import type { z } from 'zod';
import { checkBody, refuseOtherMedia } from './bodies.ts';
import { readBytes } from './body-bytes.ts';

/** The key of a request; undefined when it has none. The core says whether it is a good one. */
function callerKeyOf(req: Request, body: Buffer): CallerKey | undefined {
  const key = req.headers['idempotency-key'];
  if (key === undefined) return undefined;
  const idempotencyKey = Array.isArray(key) ? key.join(', ') : key;
  return { idempotencyKey, fingerprint: createHash('sha256').update(body).digest('base64') };
}

/** The body of a request, checked as by `readBody`, and the caller's key if the request has one. */
export async function readRepeatable<S extends z.ZodType>(
  req: Request,
  schema: S,
): Promise<{ readonly sent: z.output<S>; readonly caller: CallerKey | undefined }> {
  refuseOtherMedia(req.headers);
  const bytes = await readBytes(req);
  return { sent: checkBody(bytes, schema), caller: callerKeyOf(req, bytes) };
}

/** The caller's key of a call whose body is not looked at: it is read only to compare it with the one that was sent before. */
export async function callerOf(req: Request): Promise<CallerKey | undefined> {
  return req.headers['idempotency-key'] === undefined ? undefined : callerKeyOf(req, await readBytes(req));
}
