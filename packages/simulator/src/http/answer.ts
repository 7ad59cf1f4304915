import type { JsonValue } from '@lutra/core';
import type { Refusal } from '../world/refusal.ts';

/** A body that is written as it is. */
export interface RawBody {
  readonly type: string;
  readonly bytes: Uint8Array | string;
}

/** What goes back over the wire; `reset`: nothing, the connection breaks. */
export type HttpAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: JsonValue;
      readonly raw?: RawBody;
    }
  | 'reset';

/** A server cannot refuse a connection that it has taken: breaking it is the nearest to that. */
export function refused({ status, body, retryAfter }: Refusal): HttpAnswer {
  if (status === 0) return 'reset';
  return retryAfter === undefined ? { status, body } : { status, body, headers: { 'Retry-After': String(Math.ceil(retryAfter / 1000)) } };
}

/** What a path gets that we do not have. */
export const noSuchPath: HttpAnswer = { status: 404, body: { itemNotFound: { message: 'The resource could not be found.', code: 404 } } };
