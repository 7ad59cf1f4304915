import { isUtf8 } from 'node:buffer';
import { LutraError, parseExactly } from '@lutra/core';
import type { Request } from 'express';
import type { z } from 'zod';
import { readBytes } from './body-bytes.ts';
import { halfCharacterIn } from './exact-json.ts';
import { formProblem } from './json-form.ts';
import { describeProblems } from './problems.ts';

/**
 * The body of a request, checked: JSON first, then its form. Rejects with `unsupported-media-type`, `invalid-json`
 * (without a message when the text is no JSON: so it is documented) or `validation-failed`.
 */
export async function readBody<S extends z.ZodType>(req: Request, schema: S): Promise<z.output<S>> {
  refuseOtherMedia(req.headers);
  return checkBody(await readBytes(req), schema);
}

/** What a body's bytes say, in the form of the schema. */
export function checkBody<S extends z.ZodType>(bytes: Buffer, schema: S): z.output<S> {
  const body = parseBody(bytes);
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
  const problem = formProblem(text);
  if (problem !== undefined) throw new LutraError('invalid-json', problem);
  const body = parseExactly(text);
  const half = body === undefined ? undefined : halfCharacterIn(text);
  if (half !== undefined) {
    throw new LutraError('invalid-json', `The body contains ${half}, which is half of a character. Write both halves, or leave it out.`);
  }
  return body;
}
