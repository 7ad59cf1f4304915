/** What an answer that is no success means, as far as it means the same of every service (spec/providers.md, sections 0, 8 and 12.1). */
import { CloudError, type CloudErrorKind, cutTo } from '@lutra/core';
import type { WireAnswer } from '../transport/transport.ts';
import { retryAfterOf } from './http-dates.ts';
import { fieldsIn, objectIn, textIn } from './reading.ts';

/** Characters of a service's own words that are looked at: whatever tells one refusal from another is at their beginning. */
const longestSaid = 4000;

/** The name under which a fault is wrapped, as Nova does it: `{"itemNotFound": {"message": ...}}`; empty when it is not. */
export function faultNameIn(body: unknown): string {
  const fields = fieldsIn(body);
  return Object.keys(fields).find((name) => typeof objectIn(fields[name])?.message === 'string') ?? '';
}

/** The service's own words: the message of a wrapped or a flat fault; empty when the body is neither. */
export function saidIn(body: unknown): string {
  const fields = fieldsIn(body);
  const name = faultNameIn(body);
  const said = name === '' ? textIn(fields.message) : textIn(fieldsIn(fields[name]).message);
  return cutTo(said, longestSaid).trim();
}

/** Words of a cloud as a tenant may read them: on one line, cut, and without what looks like a secret. */
export const shown = (said: string): string => new CloudError('bad-answer', 'shown', { cloudReason: said }).cloudReason;

/** What a failure is told with. */
export interface FailureWords {
  /** The service's own words; empty where it is not the service that speaks, or it says nothing. */
  readonly said: string;
  /** The sentence for the tenant; empty when there is none. */
  readonly tenantMessage?: string;
}

/** The error of a call to which this was answered. */
export function failure(kind: CloudErrorKind, op: string, answer: WireAnswer, { said, tenantMessage = '' }: FailureWords): CloudError {
  const { status } = answer;
  const asksToStayAway = kind === 'rate-limited' || kind === 'server-fault' || kind === 'busy';
  const retryAfter = asksToStayAway ? retryAfterOf(answer) : undefined;
  const isReason = status >= 400 && status < 500;
  return new CloudError(kind, `${op}: ${status} ${shown(said)}`.trim(), {
    tenantMessage,
    cloudReason: isReason ? said : '',
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** Whether a 413 is about how often we call; else something in the request is too large, and stays so (D26). */
export const isLimit = ({ headers, body }: WireAnswer): boolean =>
  headers['retry-after'] !== undefined || objectIn(fieldsIn(body).overLimit) !== undefined;

/** What an answer means of which the service's own rules know nothing: by its status alone. */
export function usualFailure(op: string, answer: WireAnswer, said: string): CloudError {
  return failure(usualKind(answer), op, answer, { said });
}

function usualKind(answer: WireAnswer): CloudErrorKind {
  const { status } = answer;
  if (status >= 500 && status < 600) return 'server-fault';
  if (!(status >= 400 && status < 500)) return 'bad-answer'; // another success than the one there is, a redirection, or no status at all
  switch (status) {
    case 401:
      return 'unauthorized';
    case 408:
      return 'request-timeout';
    case 409:
      return 'conflict';
    case 413:
      return isLimit(answer) ? 'rate-limited' : 'unexpected-refusal';
    case 429:
      return 'rate-limited';
    default:
      return 'unexpected-refusal';
  }
}
