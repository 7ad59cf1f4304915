import type { CloudError } from '@lutra/core';
import type { WireRequest } from '../transport/transport.ts';

/** What of a request a call says by itself: where the service is and with which token, its caller knows. */
export type CallRequest = Pick<WireRequest, 'service' | 'method' | 'path' | 'query' | 'headers' | 'body'>;

/**
 * What an answer means. `done`: what was asked for was done, and the body can be parsed. `absent`: the service says that there is none.
 * `resend`: nothing was done, and this smaller call is to be sent at once; it is always smaller, so that there is an end to it.
 */
export type Verdict<Call = never> =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'resend'; readonly call: Call }
  | { readonly outcome: 'failed'; readonly error: CloudError };

export const done = { outcome: 'done' } as const satisfies Verdict;
export const absent = { outcome: 'absent' } as const satisfies Verdict;
