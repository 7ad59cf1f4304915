import { type Clock, type DurationMs, LutraError } from '@lutra/core';

/** An answer of identity. */
export interface IdentityAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as JSON; undefined when it is none. */
  readonly body: unknown;
}

/** Sends a request to identity. Rejects with LutraError `unavailable` when there is no whole answer within the deadline, or one of 5xx. */
export type AskIdentity = (method: 'GET' | 'POST', path: string, headers: Record<string, string>, body?: object) => Promise<IdentityAnswer>;

/** Bytes of an answer at most: a catalog of many regions is some 100 KB. */
const mostBytes = 4 * 1024 * 1024;

/** Requests below `url`, each bounded by `deadline`. */
export function identityAt(url: string, clock: Clock, deadline: DurationMs): AskIdentity {
  const root = url.replace(/\/+$/, '');
  return async (method, path, headers, body) => {
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
      if (res.status >= 500 || res.status === 429 || res.status === 413) throw new Error(`identity answered ${res.status}`);
      return { status: res.status, headers: res.headers, body: parse(text) };
    } catch (cause) {
      throw unavailable(cause);
    } finally {
      timer.unsubscribe();
    }
  };
}

/** What is told when a token cannot be checked. */
export const unavailable = (cause: unknown): LutraError =>
  new LutraError('unavailable', 'The token could not be checked because the identity service did not answer; please try again.', { cause });

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
