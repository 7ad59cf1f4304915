/** What the tables of tests say an answer comes to. */
import type { CloudError, JsonValue } from '@lutra/core';
import type { WireAnswer } from '../../transport/transport.ts';
import type { Verdict } from '../verdict.ts';

/** What is expected of a failure. */
export type Failed = Partial<Pick<CloudError, 'tenantMessage' | 'cloudReason'>> &
  Pick<CloudError, 'kind' | 'effect' | 'terminal'> & { readonly retryAfter?: number };
/** A row of a table: its title, the call by name, code and body -> result. */
export type Row<Name extends string, Result> = readonly [
  row: string,
  call: Name,
  status: number,
  body: JsonValue | undefined,
  result: Result | Failed,
  headers?: WireAnswer['headers'],
];

/** A fault as Nova wraps it. */
export const wrapped = (name: string, message: string, code = 400): JsonValue => ({ [name]: { message, code } });
/** The limiter in front of a service (Repose). */
export const overLimit: JsonValue = { overLimit: { message: 'OverLimit Retry...', code: 413, retryAfter: '2016-01-02T03:04:15Z' } };
/** What a proxy says. */
export const html = '<html><body><h1>502 Bad Gateway</h1></body></html>';

/** Nothing was done; trying again may help. */
export const refused = (kind: CloudError['kind'], more: Partial<Failed> = {}): Failed => ({
  ...{ kind, effect: 'refused', terminal: false },
  ...more,
});
/** Nothing was done; trying again cannot help. */
export const forGood = (kind: CloudError['kind'], tenantMessage = '', more: Partial<Failed> = {}): Failed =>
  refused(kind, { terminal: true, tenantMessage, ...more });
/** It may have been done. */
export const unknown = (kind: CloudError['kind'], more: Partial<Failed> = {}): Failed =>
  refused(kind, { effect: 'unknown', tenantMessage: '', ...more });

/** What a verdict shows of a failure, to be compared with what is expected; of another verdict its outcome. */
export const shownOf = (verdict: Verdict<unknown>): object => {
  if (verdict.outcome !== 'failed') return { outcome: verdict.outcome };
  const { kind, effect, terminal, tenantMessage, cloudReason, retryAfter, message } = verdict.error;
  return { kind, effect, terminal, tenantMessage, cloudReason, retryAfter, told: message.split(' ', 2).join(' ') };
};
