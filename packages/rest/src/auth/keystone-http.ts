import { type Clock, type DurationMs, type EpochMs, LutraError, later, seconds } from '@lutra/core';

/** An answer of identity. */
export interface IdentityAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as JSON; undefined when it is no JSON. */
  readonly body: unknown;
}

/** Sends a request to identity. Rejects with LutraError `unavailable` when there is no whole answer within the deadline, or one of 5xx. */
export type AskIdentity = (method: 'GET' | 'POST', path: string, headers: Record<string, string>, body?: object) => Promise<IdentityAnswer>;

/** Bytes of an answer at most: a catalog of many regions is some 100 KB, and two hundred answers may be read at once. */
const mostBytes = 1024 * 1024;
/** Seconds of a `Retry-After` that are obeyed at most. */
const mostPatience = 60;

/** Requests below `url`, each bounded by `deadline`. None is sent while a `Retry-After` of identity (in seconds) lasts: they are refused at once. */
export function identityAt(url: string, clock: Clock, deadline: DurationMs): AskIdentity {
  const root = url.replace(/\/+$/, '');
  let quietUntil: EpochMs | undefined;
  return async (method, path, headers, body) => {
    if (quietUntil !== undefined && clock.now() < quietUntil) throw unavailable(new Error('identity asked to be left alone (Retry-After)'));
    const abort = new AbortController();
    const timer = clock.after(deadline).subscribe(() => abort.abort(new Error(`no answer within ${deadline} ms`)));
    try {
      const res = await fetch(`${root}${path}`, {
        method,
        headers: { Accept: 'application/json', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
        redirect: 'error',
        signal: abort.signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await readText(res);
      if (res.status >= 500 || res.status === 429 || res.status === 413) {
        quietUntil = later(clock.now(), patienceIn(res.headers));
        throw new Error(`identity answered ${res.status}`);
      }
      return { status: res.status, headers: res.headers, body: parse(text) };
    } catch (cause) {
      throw unavailable(cause);
    } finally {
      timer.unsubscribe();
    }
  };
}

/** The error of a request whose token cannot be checked. */
export const unavailable = (cause: unknown): LutraError =>
  new LutraError('unavailable', 'The token could not be checked because the identity service did not answer; please try again.', { cause });

function patienceIn(headers: Headers): DurationMs {
  const text = headers.get('Retry-After') ?? '';
  return seconds(/^\d{1,9}$/.test(text) ? Math.min(Number(text), mostPatience) : 0);
}

async function readText(res: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of res.body ?? []) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`an answer of more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
