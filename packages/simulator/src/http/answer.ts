import type { JsonValue } from '@lutra/core';
import type { Refusal } from '../world/refusal.ts';
import type { WireFault } from '../world/wire-fault.ts';

/** A body that is written as it is. */
export interface RawBody {
  readonly type: string;
  readonly text: string;
}

/** What goes back over the wire; `reset`: nothing, the connection breaks; `unreachable`: there is no connection. */
export type HttpAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: JsonValue;
      readonly raw?: RawBody;
      /** What of the transport is in its way. */
      readonly wire?: WireFault;
    }
  | 'reset'
  | 'unreachable';

export function refused({ status, body, text, retryAfter }: Refusal): HttpAnswer {
  if (status === 0) return 'unreachable';
  const headers = retryAfter === undefined ? undefined : { 'Retry-After': String(Math.ceil(retryAfter / 1000)) };
  const said = text === undefined ? { body } : { raw: { type: 'text/plain', text } };
  return { status, ...said, ...(headers === undefined ? {} : { headers }) };
}

/** What a path gets that we do not have. */
export const noSuchPath: HttpAnswer = { status: 404, body: { itemNotFound: { message: 'The resource could not be found.', code: 404 } } };
